import type { Validation } from '@fairlead/registry';
import { type RunOptions, runVersion } from '../run/run-version.ts';

const WARM_UP_RUNS = 10;

/**
 * Returns the validation of a push: loads the version, runs its golden examples, and measures latency if requested.
 *
 * `latencyRuns` runs of the first golden example become `p50Ms` and `p99Ms`; 0 measures nothing.
 */
export function candidateValidation(latencyRuns: number, options: RunOptions): Validation {
  return async function validateCandidate(candidate) {
    const running = await runVersion(candidate, options);
    try {
      const [example] = candidate.manifest.goldenExamples;
      const { batching, validationSkipped } = running;
      const trial = {
        ran: validationSkipped === undefined,
        ...(validationSkipped !== undefined && { reason: validationSkipped }),
        batching: { on: batching.on, reason: batching.reason },
      };
      if (latencyRuns === 0 || example === undefined) return { trial };
      const { decodeTensor } = await import('@fairlead/signature');
      const inputs = example.inputs.map(decodeTensor);
      for (let run = 0; run < WARM_UP_RUNS; run += 1) await running.infer(inputs);
      const times: number[] = [];
      for (let run = 0; run < latencyRuns; run += 1) {
        const begin = performance.now();
        await running.infer(inputs);
        times.push(performance.now() - begin);
      }
      times.sort((a, b) => a - b);
      return {
        trial,
        measured: { p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99) },
      };
    } finally {
      await running.close();
    }
  };
}

/** The nearest-rank quantile, to the microsecond. */
function quantile(sorted: readonly number[], share: number): number {
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
  return Math.round(value * 1000) / 1000;
}
