import { setTimeout } from 'node:timers/promises';
import type {
  DriftWatchOptions,
  VerdictChange,
  VerdictObjects,
  WatchedWindow,
} from '@fairlead/drift';
import { baselineDigest, type Baseline } from '@fairlead/windows';
import { countNumbers, HOUR_MS, hourOf, numberBaseline } from './count-values.ts';
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

/** Objects in memory, each of whose requests takes a moment. */
function memoryObjects(): VerdictObjects & { readonly bodies: Map<string, Uint8Array> } {
  const bodies = new Map<string, Uint8Array>();
  const pause = (): Promise<void> => setTimeout(Math.random() * 2);
  return {
    bodies,
    async create(key, body) {
      await pause();
      if (bodies.has(key)) return false;
      bodies.set(key, body);
      return true;
    },
    async read(key) {
      await pause();
      return bodies.get(key);
    },
    async list(folder) {
      await pause();
      const children = [...bodies.keys()]
        .filter((key) => key.startsWith(`${folder}/`))
        .map((key) => key.slice(folder.length + 1).split('/'));
      return [...new Map(children.map(([name = '', ...rest]) => [name, rest.length]))].map(
        ([name, depth]) => ({ name, kind: depth === 0 ? 'object' : 'folder' }) as const,
      );
    },
  };
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
