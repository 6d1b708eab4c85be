import type { ApiKeySet } from './api-key-set.ts';
import { checkInteger } from './check-option.ts';
import { parseApiKeys } from './parse-api-keys.ts';
import { readKeysFile } from './read-keys-file.ts';
import { SecurityError } from './security-error.ts';

/** Settings of {@link watchApiKeys}. */
export interface WatchApiKeysOptions {
  /**
   * The pause between two reads of the file, in milliseconds.
   * @defaultValue 2000
   */
  readonly intervalMs?: number;
  /**
   * How long one read may take before it is reported as a problem, in milliseconds; it goes on all the same.
   * @defaultValue 10000
   */
  readonly readTimeoutMs?: number;
  /** Called for new keys, with their number. */
  readonly onReload?: (keys: number) => void;
  /**
   * Called once for each problem: the file is missing, wrong, not read in time, or other accounts may write it. The keys
   * stay as they were until the file is right.
   */
  readonly onError?: (error: unknown) => void;
  /** Called when the file can be taken over again after `onError`. */
  readonly onRecovery?: () => void;
}

/**
 * Takes the keys of a file over whenever it changes, so that a new key works and a revoked one doesn't, without a restart.
 *
 * The file is read and compared: that finds every change, also one by a rename, on network file systems, or within the
 * same moment. One read ends before the next begins, so that an older text never replaces a newer one. It keeps no process
 * alive.
 *
 * @returns a function that ends it.
 * @throws SecurityError `ERR_SECURITY_OPTION` if the interval or the timeout is out of range.
 */
export function watchApiKeys(
  keys: ApiKeySet,
  file: string,
  {
    intervalMs = 2000,
    readTimeoutMs = 10_000,
    onReload = () => undefined,
    onError = () => undefined,
    onRecovery = () => undefined,
  }: WatchApiKeysOptions = {},
): () => void {
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
        const records = parseApiKeys(text);
        keys.replace(records);
        // The first read may find what the keys were made of.
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
    `The keys file has not been read within ${readTimeoutMs} ms, so changes of it are not taken over. Check the file system that holds it.`,
  );
}
