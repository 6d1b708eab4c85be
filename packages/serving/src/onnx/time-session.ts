import type { Tensor } from '@fairlead/signature';
import { isHang } from '../errors/runtime-fault.ts';

const MOST_RUNS = 15;
const BUDGET_MS = 100;

/** Durations of some runs of a model, in milliseconds; the medians of a few, for the first one warms up. */
export interface Timing {
  readonly computeMs: number;
  /** From the call to its result. */
  readonly roundTripMs: number;
}

/**
 * Times a model on `inputs`; undefined when it doesn't take them.
 *
 * @throws what says that an execution exceeded its time limit.
 */
export async function timeSession(
  run: (inputs: readonly Tensor[]) => Promise<{ readonly computeDurationMs: number }>,
  inputs: readonly Tensor[],
): Promise<Timing | undefined> {
  const compute: number[] = [];
  const roundTrip: number[] = [];
  const end = performance.now() + BUDGET_MS;
  try {
    await run(inputs);
    do {
      const startedAt = performance.now();
      compute.push((await run(inputs)).computeDurationMs);
      roundTrip.push(performance.now() - startedAt);
    } while (compute.length < MOST_RUNS && performance.now() < end);
  } catch (error) {
    if (isHang(error)) throw error;
    // Zeros, without an example, may not suit the model: it is served all the same.
    return undefined;
  }
  return { computeMs: median(compute), roundTripMs: median(roundTrip) };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
