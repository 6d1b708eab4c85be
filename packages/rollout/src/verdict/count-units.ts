import { BASELINE, CANDIDATE } from '../assignment/variants.ts';
import type { StepCounts, VariantCounts } from '../counts/step-counts.ts';
import type { RolloutPlan } from '../plan/rollout-plan.ts';
import type { EventSplit } from '../statistics/event-split.ts';
import type { SplitCounts } from '../statistics/sample-ratio.ts';

/** Counts with the level of the sample that they are from. */
export interface Sampled<T> {
  readonly value: T;
  readonly level: number;
}

/** Candidate and baseline in the order of {@link SplitCounts}. */
const VARIANTS = [CANDIDATE, BASELINE] as const;
/** The candidate and the baseline answer the same requests. */
const SHADOW_SHARE = 0.5;

/**
 * Counts an event by step. Of each key only the first event counts, so that events are independent: users who have one failure have more.
 *
 * With `among`, shares are those of the units that had this event, in place of the planned ones.
 */
export function countEvents(
  plan: RolloutPlan,
  steps: readonly StepCounts[],
  event: string,
  among?: string,
): Sampled<readonly EventSplit[]> {
  const shares = steps.map((counts) => {
    const found = among === undefined ? undefined : countedShare(plan, counts, among);
    return found ?? shareOf(plan, counts.step);
  });
  if (plan.unit === 'request') {
    const value = steps.map((counts, index) => {
      const [candidate, baseline] = VARIANTS.map(
        (variant) => counts.variants.get(variant)?.events.get(event)?.count ?? 0,
      ) as [number, number];
      return { share: shares[index] ?? 0, candidate, baseline };
    });
    return { value, level: 0 };
  }
  const found = countNewKeys(steps, (counts) => counts.events.get(event)?.keys);
  const value = found.value.map(([candidate, baseline], index) => ({
    share: shares[index] ?? 0,
    candidate,
    baseline,
  }));
  return { value, level: found.level };
}

/** Returns whether any unit had an event. */
export function hasEvent(steps: readonly StepCounts[], event: string): boolean {
  return steps.some(({ variants }) =>
    [...variants.values()].some(({ events }) => events.has(event)),
  );
}

/** Share of the candidate among the units that had an event in a step; undefined without any. */
function countedShare(
  { unit }: RolloutPlan,
  { variants }: StepCounts,
  event: string,
): number | undefined {
  const counts = VARIANTS.map((variant) => variants.get(variant)?.events.get(event));
  const level = Math.max(0, ...counts.map((each) => each?.keys.level ?? 0));
  const [candidate, baseline] = counts.map((each) =>
    unit === 'request' ? (each?.count ?? 0) : [...(each?.keys.hashes(level) ?? [])].length,
  ) as [number, number];
  // A share of 0 or 1 can't be compared with.
  return candidate === 0 || baseline === 0 ? undefined : candidate / (candidate + baseline);
}

/** Counts the units, keys or requests, of each variant by step: each key in its first step. */
export function countUnits(
  plan: RolloutPlan,
  steps: readonly StepCounts[],
): Sampled<readonly SplitCounts[]> {
  const shares = steps.map(({ step }) => {
    const share = shareOf(plan, step);
    return [share, 1 - share];
  });
  const found =
    plan.unit === 'request'
      ? { value: steps.map(countRequests), level: 0 }
      : countNewKeys(steps, ({ keys }) => keys);
  const value = found.value.map((counts, index) => ({ shares: shares[index] ?? [], counts }));
  return { value, level: found.level };
}

/** Units of the candidate, or those of them that had the event `among`, and how many of them had an event. */
export function countCandidate(
  { unit }: RolloutPlan,
  steps: readonly StepCounts[],
  event: string,
  among?: string,
): Sampled<{ readonly units: number; readonly events: number }> {
  const candidates = steps.flatMap(({ variants }) => variants.get(CANDIDATE) ?? []);
  if (unit === 'request') {
    const sum = (count: (counts: VariantCounts) => number | undefined): number =>
      candidates.reduce((total, counts) => total + (count(counts) ?? 0), 0);
    const units = sum(({ requests, events: of }) =>
      among === undefined ? requests : of.get(among)?.count,
    );
    const events = sum(({ events: of }) => of.get(event)?.count);
    return { value: { units, events }, level: 0 };
  }
  const samples = candidates.flatMap(
    ({ keys, events }) => (among === undefined ? keys : events.get(among)?.keys) ?? [],
  );
  const failed = candidates.flatMap(({ events }) => events.get(event)?.keys ?? []);
  const level = Math.max(0, ...[...samples, ...failed].map((sample) => sample.level));
  const distinct = (of: typeof samples): number =>
    new Set(of.flatMap((sample) => [...sample.hashes(level)])).size;
  return { value: { units: distinct(samples), events: distinct(failed) }, level };
}

/** Requests of the candidate and of the baseline in a step. */
export function countRequests({ variants }: StepCounts): [candidate: number, baseline: number] {
  return VARIANTS.map((variant) => variants.get(variant)?.requests ?? 0) as [number, number];
}

function shareOf({ kind, steps }: RolloutPlan, step: number): number {
  return kind === 'shadow' ? SHADOW_SHARE : (steps[step]?.share ?? SHADOW_SHARE);
}

type KeysOf = (counts: VariantCounts) => VariantCounts['keys'] | undefined;

function countNewKeys(
  steps: readonly StepCounts[],
  keysOf: KeysOf,
): Sampled<readonly [candidate: number, baseline: number][]> {
  const samples = steps.map(({ variants }) =>
    VARIANTS.map((variant) => {
      const counts = variants.get(variant);
      return counts === undefined ? undefined : keysOf(counts);
    }),
  );
  const level = Math.max(0, ...samples.flat().map((sample) => sample?.level ?? 0));
  const seen = new Set<number>();
  const value = samples.map((ofStep) => {
    const hashes = ofStep.map((sample) =>
      [...(sample?.hashes(level) ?? [])].filter((hash) => !seen.has(hash)),
    );
    for (const hash of hashes.flat()) seen.add(hash);
    return hashes.map(({ length }) => length) as [number, number];
  });
  return { value, level };
}
