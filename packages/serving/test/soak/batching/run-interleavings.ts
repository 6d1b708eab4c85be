import { seedOf } from '../random.ts';
import { Interleaving, type Tally } from './interleaving.ts';
import { VirtualTime } from './virtual-time.ts';

/** Counts of many interleavings. */
export interface InterleavingsReport {
  readonly run: number;
  /** Number of runs with distinct sequences of events. */
  readonly distinct: number;
}

/** Options of {@link runInterleavings}. */
export interface InterleavingsOptions {
  readonly count: number;
  readonly seed: number;
  /**
   * The first one; with `count` 1 a single one is repeated.
   * @defaultValue 0
   */
  readonly from?: number;
  readonly tally: Tally;
  /** Called at intervals with the number of runs. */
  readonly onProgress?: (run: number) => void;
}

/**
 * Runs interleavings one after the other, each on a separate server.
 *
 * @throws Error naming the interleaving, with what was wrong as its cause.
 */
export async function runInterleavings({
  count,
  seed,
  from = 0,
  tally,
  onProgress = () => undefined,
}: InterleavingsOptions): Promise<InterleavingsReport> {
  const time = new VirtualTime();
  const traces = new Set<number>();
  time.install();
  try {
    for (let index = from; index < from + count; index += 1) {
      time.clear();
      try {
        traces.add(await new Interleaving(seedOf(seed, index), time, tally).run());
      } catch (cause) {
        const message = `interleaving ${index} of seed ${seed} went wrong`;
        throw new InterleavingError(message, index, { cause });
      }
      const run = index + 1 - from;
      if (run % 100_000 === 0) onProgress(run);
    }
  } finally {
    time.uninstall();
  }
  return { run: count, distinct: traces.size };
}

/** An interleaving in which something was wrong, and its number. */
export class InterleavingError extends Error {
  readonly index: number;

  constructor(message: string, index: number, options: ErrorOptions) {
    super(message, options);
    this.index = index;
  }
}
