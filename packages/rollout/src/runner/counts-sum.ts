import { describeValue } from '@fairlead/signature';
import { invalidOption } from '../check-options.ts';
import type { StepCounts, StepCountsDocument } from '../counts/step-counts.ts';
import type { RolloutObjects } from '../state/rollout-objects.ts';
import type { RolloutPlace } from './counts-keys.ts';
import { loadDocument } from './load-counts.ts';

/** Objects that a sum replaces; others of the same hour or step came later, and count besides the sum. */
export interface ReplacedObjects {
  /** Names of sums of hours. */
  readonly sums: ReadonlySet<string>;
  /** Names of objects of counts, by the hour. */
  readonly objects: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Counts of many objects. */
export interface CountsSum {
  readonly counts: StepCounts;
  /** Undefined for a sum of an earlier version, which replaces everything that its folder has. */
  readonly replaces: ReplacedObjects | undefined;
}

/**
 * Reads a sum; undefined without it.
 *
 * @throws DamagedCounts, and what the store throws
 */
export function loadSum(
  objects: RolloutObjects,
  place: RolloutPlace,
  key: string,
): Promise<CountsSum | undefined> {
  return loadDocument(objects, place, key, (counts, document) => ({
    counts,
    replaces: readReplaced((document as { readonly replaces?: unknown }).replaces),
  }));
}

/** Encodes a sum of counts of one step. */
export function encodeSum(counts: StepCounts, { sums, objects }: ReplacedObjects): Uint8Array {
  const replaces = {
    sums: [...sums].sort(),
    objects: Object.fromEntries(
      [...objects].sort().map(([hour, names]) => [hour, [...names].sort()]),
    ),
  };
  const document: StepCountsDocument & { readonly replaces: object } = {
    ...counts.toDocument(),
    replaces,
  };
  return new TextEncoder().encode(JSON.stringify(document));
}

function readReplaced(value: unknown): ReplacedObjects | undefined {
  if (value === undefined) return undefined;
  const { sums, objects } = Object(value) as Readonly<Record<string, unknown>>;
  const hours = Object.entries(Object(objects) as Readonly<Record<string, unknown>>);
  return {
    sums: namesOf('replaces.sums', sums),
    objects: new Map(hours.map(([hour, names]) => [hour, namesOf('replaces.objects', names)])),
  };
}

function namesOf(path: string, value: unknown): ReadonlySet<string> {
  if (Array.isArray(value) && value.every((each) => typeof each === 'string'))
    return new Set(value);
  throw invalidOption(`${path} must be a list of names, got ${describeValue(value)}.`);
}
