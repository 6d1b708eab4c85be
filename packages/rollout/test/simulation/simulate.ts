import { judgeRollout, readPlan, type RolloutPlan, type StepCounts } from '@fairlead/rollout';
import { requestCounts } from '../support/counts.ts';
import { OtherTests } from './other-tests.ts';
import type { Minute, Stream } from './streams.ts';

const MINUTE_MS = 60_000;

/** Minute of the first verdict of each kind, by this package and by other tests. */
export interface SimulatedDay {
  readonly rolledBack: number | undefined;
  readonly promoted: number | undefined;
  readonly mismatch: number | undefined;
  readonly z: number | undefined;
  readonly sequence: number | undefined;
}

/** Plan with shares, which tolerates no rate and may be promoted from the last step on. */
export function planOf(shares: readonly number[], margin = 0.5): RolloutPlan {
  return readPlan({
    baseline: '3',
    candidate: '4',
    unit: 'request',
    steps: shares.map((share) => ({ share, minMinutes: 0, minRequests: 1 })),
    guardrails: { failures: { margin, tolerated: 0 } },
  });
}

/** Judges a stream after each minute of a day. It goes on after a verdict, so that each kind is found. */
export function simulateDay(plan: RolloutPlan, stream: Stream, minutes = 1440): SimulatedDay {
  const totals: { requests: [number, number]; failures: [number, number] }[] = [];
  const others = new OtherTests();
  let [rolledBack, promoted, mismatch]: (number | undefined)[] = [];
  for (let minute = 0; minute < minutes; minute += 1) {
    const drawn = stream(minute);
    add(totals, drawn);
    others.add(minute, drawn);
    const { decision, sampleRatio } = judgeRollout({
      plan,
      step: drawn.step,
      startedAt: 0,
      stepStartedAt: 0,
      counts: totals.map(countsOf),
      now: (minute + 1) * MINUTE_MS,
    });
    if (decision === 'roll back') rolledBack ??= minute;
    if (decision === 'promote') promoted ??= minute;
    if (sampleRatio.status === 'mismatch') mismatch ??= minute;
    if (
      rolledBack !== undefined &&
      others.stopped.z !== undefined &&
      others.stopped.sequence !== undefined
    ) {
      break;
    }
  }
  const { z, sequence } = others.stopped;
  return { rolledBack, promoted, mismatch, z, sequence };
}

function add(
  totals: { requests: [number, number]; failures: [number, number] }[],
  { step, requests, failures }: Minute,
): void {
  const of = (totals[step] ??= { requests: [0, 0], failures: [0, 0] });
  for (const arm of [0, 1] as const) {
    of.requests[arm] += requests[arm];
    of.failures[arm] += failures[arm];
  }
}

function countsOf(
  { requests, failures }: { requests: [number, number]; failures: [number, number] },
  step: number,
): StepCounts {
  return requestCounts(step, {
    candidate: { requests: requests[0], events: { failure: failures[0] } },
    baseline: { requests: requests[1], events: { failure: failures[1] } },
  });
}
