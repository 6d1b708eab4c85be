import { checkOptions, invalidOption } from '../check-options.ts';
import type { CaptureObjects } from '../objects/capture-objects.ts';
import { listCaptures } from '../objects/list-captures.ts';

/** Options of {@link pruneCaptures}. */
export interface PruneOptions {
  readonly objects: CaptureObjects;
  /** Hours that ended before this time are removed, in milliseconds since the epoch. */
  readonly before: number;
  /** Only the files of a model; all if it is missing. */
  readonly model?: string | undefined;
  /** Only the files of a version. */
  readonly version?: string | undefined;
}

/**
 * Removes captured requests by their age: whole hours of UTC. Resolves to the number of removed files.
 *
 * @throws CaptureError `ERR_CAPTURE_INVALID_OPTION`, `ERR_CAPTURE_STORE_FAILED`
 *
 * @example
 * ```ts
 * import { captureFolder, pruneCaptures } from '@fairlead/capture';
 *
 * const objects = captureFolder('./captured');
 * const before = Date.now() - 90 * 86_400_000;
 * console.log(await pruneCaptures({ objects, before })); // 0
 * ```
 */
export async function pruneCaptures(options: PruneOptions): Promise<number> {
  const { objects, before, ...selection } = checkOptions('pruneCaptures', options, {
    objects: 'required',
    before: 'required',
    model: 'optional',
    version: 'optional',
  });
  if (!Number.isFinite(before)) {
    throw invalidOption(`pruneCaptures: before must be a time in milliseconds, got ${before}.`);
  }
  let removed = 0;
  for await (const { key } of listCaptures(objects, { ...selection, before })) {
    await objects.remove(key);
    removed += 1;
  }
  await objects.sweep();
  return removed;
}
