import { ApiKeySet } from './api-key-set.ts';
import { checkInteger, checkOptions, rejectOption } from './check-options.ts';
import type { OptionNames } from './options-problem.ts';
import { parseApiKeys } from './parse-api-keys.ts';
import { readKeysFile } from './read-keys-file.ts';
import { SecurityError } from './security-error.ts';

/** Options of {@link watchApiKeys}. */
export interface WatchApiKeysOptions {
  /**
   * Pause between two reads of the file, in milliseconds.
   * @defaultValue 2000
   */
  readonly intervalMs?: number;
  /**
   * Time after which an unfinished read is reported to `onError`, in milliseconds; the read continues.
   * @defaultValue 10000
   */
  readonly readTimeoutMs?: number;
  /** Called after the keys were replaced, with their number. */
  readonly onReload?: (keys: number) => void;
  /**
   * Called once for each problem: the file is missing, wrong, not read in time, or writable by other accounts. The keys
   * don't change until the problem is fixed.
   */
  readonly onError?: (error: unknown) => void;
  /** Called when the file can be read again after `onError`. */
  readonly onRecovery?: () => void;
}

const optionNames: OptionNames<WatchApiKeysOptions> = {
  intervalMs: 'optional',
  readTimeoutMs: 'optional',
  onReload: 'optional',
  onError: 'optional',
  onRecovery: 'optional',
};

/**
 * Reloads the keys from a file whenever it changes: a new key works and a revoked one doesn't, without a restart.
 *
 * The file is read and compared, which finds every change, including a rename, a change on a network file system and two
 * changes within a moment. One read ends before the next starts, so an older text never replaces a newer one. The timer keeps
 * no process alive.
 *
 * @returns a function that stops watching.
 * @throws SecurityError `ERR_SECURITY_INVALID_OPTION` if an option is unknown or out of range.
 *
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { ApiKeySet, watchApiKeys } from '@fairlead/security';
 *
 * const pepper = 'a secret of at least 32 bytes from a secret store';
 * const keys = new ApiKeySet({ pepper, records: [] });
 * const file = join(await mkdtemp(join(tmpdir(), 'keys-')), 'keys.json');
 * await writeFile(file, JSON.stringify({ keys: [] }), { mode: 0o600 });
 * const stop = watchApiKeys(keys, file, { intervalMs: 2000 });
 * stop();
 * ```
 */
export function watchApiKeys(
  keys: ApiKeySet,
  file: string,
  options: WatchApiKeysOptions = {},
): () => void {
  const {
    intervalMs = 2000,
    readTimeoutMs = 10_000,
    onReload = () => undefined,
    onError = () => undefined,
    onRecovery = () => undefined,
  } = checkOptions('watchApiKeys', options, optionNames);
  if (!(keys instanceof ApiKeySet)) rejectOption('keys', 'an ApiKeySet', keys);
  if (typeof file !== 'string' || file === '') rejectOption('file', 'the path of a file', file);
  checkInteger('intervalMs', intervalMs, 10, 3_600_000);
  checkInteger('readTimeoutMs', readTimeoutMs, 10, 3_600_000);
  let known: string | undefined;
  let problem: string | undefined;
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;

  function report(error: unknown): void {
    if (isClosed || String(error) === problem) return;
    problem = String(error);
    onError(error);
  }

  async function read(): Promise<void> {
    const slow = setTimeout(() => {
      report(readTimedOut(readTimeoutMs));
    }, readTimeoutMs).unref();
    try {
      const text = await readKeysFile(file);
      if (isClosed) return;
      if (text !== known) {
        const records = parseApiKeys(text, { knownScopes: keys.knownScopes });
        keys.replace(records);
        // The first read may find the text that the set was created from.
        if (known !== undefined) onReload(records.length);
        known = text;
      }
      if (problem === undefined) return;
      problem = undefined;
      onRecovery();
    } catch (error) {
      report(error);
    } finally {
      clearTimeout(slow);
    }
  }

  function watch(): void {
    void read().finally(() => {
      if (!isClosed) timer = setTimeout(watch, intervalMs).unref();
    });
  }

  watch();
  return () => {
    isClosed = true;
    clearTimeout(timer);
  };
}

function readTimedOut(readTimeoutMs: number): SecurityError {
  return new SecurityError(
    'ERR_SECURITY_KEYS',
    `The keys file has not been read within ${readTimeoutMs} ms, so changes in it have no effect yet. Check its file system.`,
  );
}
