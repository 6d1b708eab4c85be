import { setTimeout as sleep } from 'node:timers/promises';
import { CaptureError } from '../capture-error.ts';
import type { CaptureObjects } from './capture-objects.ts';

/** Result of a rewrite: the entries that were removed, and the rest; undefined if nothing is left. */
export interface Rewrite {
  readonly removed: number;
  readonly body?: Uint8Array | undefined;
}

/** An object that others change all the time is tried for so long; the lock of a killed process expires earlier. */
const TIMEOUT_MS = 90_000;
const PAUSE_MS = 50;

/**
 * Removes entries of an object, and the object with its last entry; an object that another process has changed since is
 * read again. Resolves to the number of removed entries.
 */
export async function rewriteObject(
  objects: CaptureObjects,
  key: string,
  rewrite: (body: Uint8Array) => Rewrite | Promise<Rewrite>,
): Promise<number> {
  const endsAt = performance.now() + TIMEOUT_MS;
  while (performance.now() < endsAt) {
    const object = await objects.read(key);
    if (object === undefined) return 0;
    const { removed, body } = await rewrite(object.body);
    if (removed === 0) return 0;
    if (body === undefined) {
      await objects.remove(key);
      return removed;
    }
    if (await objects.replace(key, body, object.tag)) return removed;
    await sleep(PAUSE_MS);
  }
  throw new CaptureError(
    'ERR_CAPTURE_STORE_FAILED',
    `could not rewrite ${key} in ${objects.location} within ${TIMEOUT_MS} ms: other processes change it; try again later`,
  );
}
