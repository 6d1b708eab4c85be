import type { CaptureObjects } from '../objects/capture-objects.ts';
import { escapeValue } from '../objects/partition.ts';
import type { StoredLabel } from './label.ts';

const LABELS = 'labels';

/**
 * Folder of the labels of a model in a store, with special characters of the name escaped.
 *
 * @example
 * ```ts
 * import { labelsFolder } from '@fairlead/capture';
 *
 * console.log(labelsFolder('churn')); // labels/model=churn
 * ```
 */
export function labelsFolder(model: string): string {
  return `${LABELS}/model=${escapeValue(model)}`;
}

const DAY_MS = 86_400_000;

/** Folder of the labels that were received on a day of UTC. */
export function labelDay(model: string, time: number): string {
  return `${labelsFolder(model)}/date=${new Date(time).toISOString().slice(0, 10)}`;
}

/**
 * Lists the objects of labels with the end of their day, in milliseconds since the epoch, in order; foreign ones are left out.
 *
 * @param model - of all models if it is missing
 *
 * @throws CaptureError `ERR_CAPTURE_STORE_FAILED`
 *
 * @example
 * ```ts
 * import { captureFolder, listLabels } from '@fairlead/capture';
 *
 * const keys: string[] = [];
 * for await (const { key } of listLabels(captureFolder('./captured'), 'churn')) keys.push(key);
 * console.log(keys); // []
 * ```
 */
export async function* listLabels(
  objects: CaptureObjects,
  model?: string,
): AsyncGenerator<{ readonly key: string; readonly endsAt: number }, void> {
  if (model === undefined) {
    for (const { name, kind } of await objects.list(LABELS)) {
      if (kind === 'folder') yield* listDays(objects, `${LABELS}/${name}`);
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
