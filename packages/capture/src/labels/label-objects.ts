import type { CaptureObjects } from '../objects/capture-objects.ts';
import { escapeValue } from '../objects/partition.ts';
import type { StoredLabel } from './label.ts';

/** Folder of the labels of a model, or of all. */
function labelsFolder(model?: string): string {
  return model === undefined ? 'labels' : `labels/model=${escapeValue(model)}`;
}

const DAY_MS = 86_400_000;

/** Folder of the labels that were received on a day of UTC. */
export function labelDay(model: string, time: number): string {
  return `${labelsFolder(model)}/date=${new Date(time).toISOString().slice(0, 10)}`;
}

/** Lists the objects of labels with the end of their day, in order; foreign ones are left out. */
export async function* listLabels(
  objects: CaptureObjects,
  model?: string,
): AsyncGenerator<{ readonly key: string; readonly endsAt: number }, void> {
  if (model === undefined) {
    for (const { name, kind } of await objects.list(labelsFolder())) {
      if (kind === 'folder') yield* listDays(objects, `${labelsFolder()}/${name}`);
    }
  } else yield* listDays(objects, labelsFolder(model));
}

async function* listDays(objects: CaptureObjects, folder: string) {
  for (const { name: day } of await objects.list(folder)) {
    const endsAt = Date.parse(day.replace(/^date=/, '')) + DAY_MS;
    if (Number.isNaN(endsAt)) continue;
    for (const { name, kind } of await objects.list(`${folder}/${day}`)) {
      if (kind !== 'object' || !name.endsWith('.jsonl')) continue;
      yield { key: `${folder}/${day}/${name}`, endsAt };
    }
  }
}

/** Lines of an object, without empty ones. */
export function labelLines(body: Uint8Array): readonly string[] {
  return new TextDecoder()
    .decode(body)
    .split('\n')
    .filter((line) => line !== '');
}

/** Parses a line; undefined if it is none of ours. */
export function parseLabel(line: string): StoredLabel | undefined {
  try {
    const value = JSON.parse(line) as Partial<StoredLabel> | null;
    const isLabel = typeof value?.request_id === 'string' && Number.isSafeInteger(value.row);
    return isLabel ? (value as StoredLabel) : undefined;
  } catch {
    return undefined;
  }
}
