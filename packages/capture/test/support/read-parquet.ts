import { type CaptureObjects } from '@fairlead/capture';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';

/** Reads a Parquet file with a reader that is not ours. */
export async function readParquet(body: Uint8Array): Promise<readonly Record<string, unknown>[]> {
  return parquetReadObjects({ file: new Uint8Array(body).buffer });
}

/** Schema and metadata of a Parquet file. */
export function parquetHead(body: Uint8Array) {
  return parquetMetadata(new Uint8Array(body).buffer);
}

/** Reads all Parquet files below a folder of a store, in order of their keys. */
export async function readCaptures(
  objects: CaptureObjects,
  folder = 'captures',
): Promise<ReadonlyMap<string, readonly Record<string, unknown>[]>> {
  const files = new Map<string, readonly Record<string, unknown>[]>();
  for (const { name, kind } of await objects.list(folder)) {
    const key = `${folder}/${name}`;
    if (kind === 'folder') {
      for (const [each, rows] of await readCaptures(objects, key)) files.set(each, rows);
      continue;
    }
    const object = await objects.read(key);
    if (object !== undefined) files.set(key, await readParquet(object.body));
  }
  return files;
}
