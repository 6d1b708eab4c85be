import { StepCounts, type StepCountsDocument } from '../counts/step-counts.ts';
import type { RolloutObjects } from '../state/rollout-objects.ts';
import { rolloutName } from '../state/rollout-state.ts';
import { countsFolder, MAX_COUNTS_BYTES, totalKey, type RolloutPlace } from './counts-keys.ts';

/** Name and version of the format of all counts of a rollout. */
const FORMAT = 'fairlead-rollout-counts';
const FORMAT_VERSION = 1;

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
export async function loadCounts(
  objects: RolloutObjects,
  place: RolloutPlace,
  key: string,
): Promise<StepCounts | undefined> {
  const [step] = key.slice(countsFolder(place).length + 1).split('/');
  return load(objects, key, (document) => readStep(document, place, Number(step)));
}

/**
 * Reads all counts of a rollout from their object; undefined without it.
 *
 * @throws DamagedCounts, and what the store throws
 */
export async function loadTotal(
  objects: RolloutObjects,
  place: RolloutPlace,
): Promise<readonly StepCounts[] | undefined> {
  return load(objects, totalKey(place), (document) => {
    const { format, formatVersion, steps } = Object(document) as Readonly<Record<string, unknown>>;
    if (format !== FORMAT || formatVersion !== FORMAT_VERSION || !Array.isArray(steps)) {
      throw new Error(`it isn't of the format ${FORMAT} ${FORMAT_VERSION}`);
    }
    return steps.map((each) => readStep(each, place));
  });
}

/** Encodes all counts of a rollout. */
export function encodeTotal(steps: readonly StepCounts[]): Uint8Array {
  const documents = steps.map((counts) => counts.toDocument());
  return encode({ format: FORMAT, formatVersion: FORMAT_VERSION, steps: documents });
}

/** Encodes counts of one step. */
export function encodeCounts(counts: StepCounts): Uint8Array {
  return encode(counts.toDocument());
}

function encode(document: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(document));
}

async function load<T>(
  objects: RolloutObjects,
  key: string,
  read: (document: unknown) => T,
): Promise<T | undefined> {
  const bytes = await objects.read(key, { maxBytes: MAX_COUNTS_BYTES });
  if (bytes === undefined) return undefined;
  try {
    return read(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (cause) {
    throw new DamagedCounts(key, cause);
  }
}

function readStep(document: unknown, place: RolloutPlace, step?: number): StepCounts {
  const counts = StepCounts.fromDocument(document as StepCountsDocument);
  if (counts.rollout === rolloutName(place) && counts.step === (step ?? counts.step)) return counts;
  throw new Error(`it has counts of ${counts.rollout}, step ${counts.step}`);
}
