import { StepCounts } from '@fairlead/rollout';

/** Requests of a variant, and how many of them had each event. */
export interface GivenCounts {
  readonly requests: number;
  readonly events?: Readonly<Record<string, number>>;
}

const NO_KEYS = { level: 0, hashes: '' };

/** Counts of requests without keys. */
export function requestCounts(
  step: number,
  variants: Readonly<Record<string, GivenCounts>>,
): StepCounts {
  const documents = Object.entries(variants).map(([variant, { requests, events = {} }]) => {
    const counts = Object.entries(events).map(
      ([name, count]) => [name, { count, keys: NO_KEYS }] as const,
    );
    return [variant, { requests, keys: NO_KEYS, events: Object.fromEntries(counts) }] as const;
  });
  return StepCounts.fromDocument({
    rollout: 'test',
    step,
    variants: Object.fromEntries(documents),
  });
}
