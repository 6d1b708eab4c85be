import { stat } from 'node:fs/promises';
import { checkOptions, invalidOption } from '../../check-options.ts';
import type { CaptureObjects } from '../../objects/capture-objects.ts';
import { listCaptures } from '../../objects/list-captures.ts';
import { rewriteObject } from '../../objects/rewrite-object.ts';
import { parquetSink } from '../parquet-sink.ts';
import { CaptureError } from '../../capture-error.ts';
import { deleteRows } from './delete-rows.ts';
import type { SearchedValue } from './match-value.ts';
import { countWaiting, settle, storeLeftovers } from './spool-leftovers.ts';

/** Options of {@link deleteCaptures}. */
export interface DeleteOptions {
  readonly objects: CaptureObjects;
  /** Rows in which `column` has one of these values are removed; a list if one of its elements is. */
  readonly values: readonly SearchedValue[];
  /**
   * A column, such as `routing_key` or `input_customer`.
   * @defaultValue 'request_id'
   */
  readonly column?: string | undefined;
  /** Only the files of a model; all if it is missing. */
  readonly model?: string | undefined;
  /** Only the files of a version. */
  readonly version?: string | undefined;
  /** Spool folders of the recorders of this host, of which leftovers of killed processes are stored first. */
  readonly spoolFolders?: readonly string[] | undefined;
}

/** Result of {@link deleteCaptures}. */
export interface DeleteResult {
  /** Removed rows. */
  readonly rows: number;
  /** Files that were rewritten or removed. */
  readonly files: number;
  /** Requests that were still in the spool of running processes when the deletion began: delete again when they are stored. */
  readonly waiting: number;
}

/**
 * Removes captured rows by request id, or by the value of a column, when a person asks for it: files are rewritten without them, and
 * temporary files of killed processes are removed.
 *
 * Call `flush` of a recorder in this process first. Other processes store what they have within minutes: delete again until
 * `waiting` is 0. Where processes run, a call waits two seconds for what they have in memory. Files are rewritten in the calling thread, 10,000 rows in about half a second.
 *
 * @throws CaptureError `ERR_CAPTURE_INVALID_OPTION`, `ERR_CAPTURE_STORE_FAILED`; `ERR_CAPTURE_FILE_INVALID` after all other files were searched
 *
 * @example
 * ```ts
 * import { captureFolder } from '@fairlead/capture';
 * import { deleteCaptures } from '@fairlead/capture/parquet';
 *
 * const objects = captureFolder('./captured');
 * const result = await deleteCaptures({ objects, column: 'routing_key', values: ['user 7'] });
 * console.log(result.rows, result.waiting); // 0 0
 * ```
 */
export async function deleteCaptures(options: DeleteOptions): Promise<DeleteResult> {
  const {
    objects,
    values,
    column = 'request_id',
    spoolFolders = [],
    ...selection
  } = checkOptions('deleteCaptures', options, {
    objects: 'required',
    values: 'required',
    column: 'optional',
    model: 'optional',
    version: 'optional',
    spoolFolders: 'optional',
  });
  if (!Array.isArray(values)) throw invalidOption('deleteCaptures: values must be a list.');
  if (!Array.isArray(spoolFolders)) {
    throw invalidOption('deleteCaptures: spoolFolders must be a list.');
  }
  const folders: readonly string[] = spoolFolders;
  for (const folder of folders) await requireFolder(folder);
  const sink = parquetSink({ objects });
  try {
    for (const folder of folders) await storeLeftovers(folder, sink);
  } finally {
    await sink.close?.();
  }
  await settle(folders);
  let waiting = 0;
  // Before the files are listed: a request is in the spool folder until it is stored.
  for (const folder of folders) waiting += await countWaiting(folder, column, values);
  let rows = 0;
  let files = 0;
  const invalid: string[] = [];
  for await (const { key } of listCaptures(objects, selection)) {
    const removed = await rewriteObject(objects, key, async (body) => {
      return deleteRows(body, column, values).catch((error: unknown) => {
        invalid.push(`${key} (${error instanceof Error ? error.message : String(error)})`);
        return { removed: 0 };
      });
    });
    rows += removed;
    if (removed > 0) files += 1;
  }
  await objects.sweep();
  if (invalid.length === 0) return { rows, files, waiting };
  throw new CaptureError(
    'ERR_CAPTURE_FILE_INVALID',
    `${rows} rows were deleted, but these files of ${objects.location} can't be read: ${invalid.join(', ')}; remove them, or repair them and delete again`,
  );
}

/** Rejects a misspelled spool folder: an empty one would be created, and nothing be found in it. */
async function requireFolder(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() === true) return;
  throw invalidOption(
    `deleteCaptures: spoolFolders: this host has no folder ${JSON.stringify(path)}; name the spool folder of the recorders, or leave it out where none ran.`,
  );
}
