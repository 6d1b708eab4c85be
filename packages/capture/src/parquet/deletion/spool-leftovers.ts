import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { isProcessFolder } from '../../files/process-name.ts';
import { readSpool, type SpoolContents } from '../spooled/read-spool.ts';
import type { CaptureSink } from '../../spool/capture-sink.ts';
import { WRITE_MS } from '../../spool/capture-spool.ts';
import { COMPLETE, SpoolFolder } from '../../spool/spool-folder.ts';
import { matchValue, type SearchedValue } from './match-value.ts';

/** Stores what killed processes left in a spool folder, so that no later process stores it after a deletion. */
export async function storeLeftovers(spoolFolder: string, sink: CaptureSink): Promise<void> {
  const folder = new SpoolFolder(spoolFolder);
  await folder.open();
  try {
    await folder.takeOver();
    for (const name of await folder.complete()) {
      const path = folder.pathOf(name);
      await sink.add({ id: name.slice(0, -COMPLETE.length), path });
      await rm(path);
    }
  } finally {
    await folder.release();
  }
}

/** Waits until running processes have written what was recorded before to their files; without any it does not wait. */
export async function settle(spoolFolders: readonly string[]): Promise<void> {
  const names = await Promise.all(spoolFolders.map((folder) => readdir(folder)));
  // Twice the time, for processes that are busy.
  if (names.flat().some(isProcessFolder)) await setTimeout(2 * WRITE_MS);
}

/** Counts the requests in the files of running processes in which a column has one of the values. */
export async function countWaiting(
  spoolFolder: string,
  column: string,
  values: readonly SearchedValue[],
): Promise<number> {
  let waiting = 0;
  for (const folder of (await readdir(spoolFolder)).filter(isProcessFolder)) {
    for (const name of await readdir(join(spoolFolder, folder)).catch(() => [])) {
      // A file that was stored and removed in between is found in the store.
      const contents = await readSpool(join(spoolFolder, folder, name)).catch(() => undefined);
      waiting += contents?.entries.filter((entry) => hasValue(entry, column, values)).length ?? 0;
    }
  }
  return waiting;
}

function hasValue(
  { version, request }: SpoolContents['entries'][number],
  column: string,
  values: readonly SearchedValue[],
): boolean {
  if (column === 'request_id') return matchValue(values, false)(request.requestId);
  if (column === 'routing_key') return matchValue(values, false)(request.routingKey);
  const index = version.columns.findIndex(({ name }) => name === column);
  const found = version.columns[index];
  if (found === undefined) return false;
  const isSingle = found.datatype === 'FP32' || found.datatype === 'FP16';
  const matches = matchValue(values, isSingle);
  for (let row = 0; row < request.rows; row += 1) {
    if (matches(request.values.at(index, row))) return true;
  }
  return false;
}
