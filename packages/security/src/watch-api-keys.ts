import { readFile } from 'node:fs/promises';
import type { ApiKeySet } from './api-key-set.ts';
import { checkInteger } from './check-option.ts';
import { parseApiKeys } from './parse-api-keys.ts';

/** Settings of {@link watchApiKeys}. */
export interface WatchApiKeysOptions {
  /**
   * How often the file is looked at, in milliseconds.
   * @defaultValue 2000
   */
  readonly intervalMs?: number;
  /** Told of new keys, with how many there are. */
  readonly onReload?: (keys: number) => void;
  /** Told once of a file that is gone or wrong: the keys stay as they were until it is right. */
  readonly onError?: (error: unknown) => void;
}

/**
 * Takes the keys of a file over whenever it changes, so that a new key works and a revoked one doesn't, without a restart.
 *
 * The file is read and compared: that finds every change, also one by a rename, on network file systems, or within the
 * same moment. It keeps no process alive.
 *
 * @returns a function that ends it.
 * @throws SecurityError `ERR_SECURITY_OPTION` if the interval is out of range.
 */
export function watchApiKeys(
  keys: ApiKeySet,
  file: string,
  {
    intervalMs = 2000,
    onReload = () => undefined,
    onError = () => undefined,
  }: WatchApiKeysOptions = {},
): () => void {
  checkInteger('intervalMs', intervalMs, 10, 3_600_000);
  let known: string | undefined;
  let problem: string | undefined;
  const look = async (): Promise<void> => {
    try {
      const text = await readFile(file, 'utf8');
      if (text !== known) {
        const records = parseApiKeys(text);
        keys.replace(records);
        // The first look may find what the keys were made of.
        if (known !== undefined) onReload(records.length);
        known = text;
      }
      problem = undefined;
    } catch (error) {
      if (String(error) === problem) return;
      problem = String(error);
      onError(error);
    }
  };
  void look();
  const timer = setInterval(() => void look(), intervalMs).unref();
  return () => {
    clearInterval(timer);
  };
}
