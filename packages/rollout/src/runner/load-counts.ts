import { StepCounts, type StepCountsDocument } from '../counts/step-counts.ts';
import type { RolloutObjects } from '../state/rollout-objects.ts';
import { rolloutName } from '../state/rollout-state.ts';
import { countsFolder, MAX_COUNTS_BYTES, type RolloutPlace } from './counts-keys.ts';

/** Counts that exist and can't be understood. */
export class DamagedCounts extends Error {
  constructor(key: string, cause: unknown) {
    super(`${key} can't be read, and isn't counted`, { cause });
  }
}

/**
 * Reads an object of counts of one step; undefined without it.
 *
 * @throws DamagedCounts, and what the store throws
 */
export function loadCounts(
  objects: RolloutObjects,
  place: RolloutPlace,
  key: string,
): Promise<StepCounts | undefined> {
  return loadDocument(objects, place, key, (counts) => counts);
}

/**
 * Reads an object with counts of one step and what else it has; undefined without it.
 *
 * @throws DamagedCounts, and what the store throws
 */
export async function loadDocument<T>(
  objects: RolloutObjects,
  place: RolloutPlace,
  key: string,
  read: (counts: StepCounts, document: StepCountsDocument) => T,
): Promise<T | undefined> {
  const bytes = await objects.read(key, { maxBytes: MAX_COUNTS_BYTES });
  if (bytes === undefined) return undefined;
  try {
    const document = JSON.parse(new TextDecoder().decode(bytes)) as StepCountsDocument;
    const counts = StepCounts.fromDocument(document);
    const step = Number.parseInt(key.slice(countsFolder(place).length + 1), 10);
    if (counts.rollout === rolloutName(place) && counts.step === step)
      return read(counts, document);
    throw new Error(`it has counts of ${counts.rollout}, step ${counts.step}`);
  } catch (cause) {
    throw new DamagedCounts(key, cause);
  }
}

/** Encodes counts of one step. */
export function encodeCounts(counts: StepCounts): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(counts.toDocument()));
}
