import { setTimeout } from 'node:timers/promises';
import type { DriftWatchOptions, VerdictChange, WatchedWindow } from '@fairlead/drift';
import { baselineDigest, type Baseline } from '@fairlead/windows';
import { countNumbers, HOUR_MS, hourOf, numberBaseline } from './count-values.ts';
import { memoryObjects } from '@fairlead/test-support/memory-objects';
import { Random } from '@fairlead/test-support/random';

export const label = { model: 'churn', version: '3' };

/** Values of a normal distribution. */
function normals(size: number, mean: number, seed: number): number[] {
  const random = new Random(seed);
  return Array.from({ length: size }, () => mean + random.normal());
}

const age = numberBaseline('age', normals(10_000, 0, 99));
export const baseline: Baseline = {
  features: [age],
  outputs: [],
  rows: 10_000,
  sampledRows: 10_000,
};

/** Window of an hour with the given mean. */
export function hour(index: number, mean: number, size = 1_000): WatchedWindow {
  const counts = countNumbers(age.bins, normals(size, mean, index + 1));
  return { ...hourOf(index, { age: counts }), baseline: baselineDigest(baseline) };
}

/** Fleet whose windows, verdicts and history are in memory, at the end of the given hour. */
export function watchedFleet(windows: readonly WatchedWindow[]) {
  const verdicts = memoryObjects();
  const recorded = new Map<string, VerdictChange>();
  const state = { hour: windows.length, reads: 0, windows };
  const options = {
    windows: {
      read: async (_version, { from, to }) => {
        state.reads += 1;
        await setTimeout(1);
        return state.windows.filter((window) => window.from >= from && window.from < to);
      },
    },
    verdicts,
    baselineOf: () => Promise.resolve(baseline),
    recordChange: (change) => {
      const key = `${change.verdict} ${change.change}`;
      if (!recorded.has(key)) recorded.set(key, change);
      return Promise.resolve();
    },
    now: () => state.hour * HOUR_MS + 600_000,
  } satisfies DriftWatchOptions;
  return { verdicts, recorded, state, options };
}
