import { HOUR_MS, partitionFolder } from '../objects/partition.ts';
import type { SpooledFile } from '../spool/capture-sink.ts';
import type { SpoolVersion } from '../spool/spool-line.ts';
import { encodeParquet } from './encode-parquet.ts';
import { readSpool, type SpooledRequest } from './spooled/read-spool.ts';

/** Objects that a spool file becomes. */
export interface ConvertedSpool {
  readonly objects: readonly { readonly key: string; readonly body: Uint8Array<ArrayBuffer> }[];
  readonly invalid: number;
}

/** Requests of one object. */
interface Part {
  readonly version: SpoolVersion;
  /** Begin of the hour, in milliseconds since the epoch. */
  readonly hour: number;
  readonly requests: SpooledRequest[];
}

/** Converts a spool file: one object for each version and hour in it, named by the file. */
export async function convertSpool({ id, path }: SpooledFile): Promise<ConvertedSpool> {
  const { entries, invalid } = await readSpool(path);
  const parts = new Map<string, Part>();
  let last: Part | undefined;
  for (const { version, request } of entries) {
    const hour = Math.floor(request.at / HOUR_MS) * HOUR_MS;
    // Successive requests mostly have the same version and hour.
    if (last?.version !== version || last.hour !== hour) {
      const folder = partitionFolder({ ...version, hour });
      last = parts.get(folder) ?? { version, hour, requests: [] };
      parts.set(folder, last);
    }
    last.requests.push(request);
  }
  const objects = [...parts].map(([folder, { version, requests }]) => ({
    key: `${folder}/${id}.parquet`,
    body: encodeParquet(version, requests),
  }));
  return { objects, invalid };
}
