import { median } from '../percentile.ts';
import type { LoadResult } from '../servers/load.ts';

/** Each figure's median over the rounds of one side; failures are added up. */
export function medianOf(rounds: readonly LoadResult[]): LoadResult {
  const of = (read: (result: LoadResult) => number): number => median(rounds.map(read));
  const hasLag = rounds.every(({ loopLagP99Ms }) => loopLagP99Ms !== undefined);
  return {
    side: rounds[0]?.side ?? '',
    requestsPerSecond: of((each) => each.requestsPerSecond),
    p50Ms: of((each) => each.p50Ms),
    p99Ms: of((each) => each.p99Ms),
    loopLagP99Ms: hasLag ? of((each) => each.loopLagP99Ms ?? NaN) : undefined,
    failed: rounds.reduce((sum, { failed }) => sum + failed, 0),
    cpuMicroseconds: of((each) => each.cpuMicroseconds),
    rssMiB: of((each) => each.rssMiB),
    cores: of((each) => each.cores),
    otherCores: of((each) => each.otherCores),
  };
}

/** The median of the ratios of two sides, round by round: what disturbs a round disturbs both. */
export function ratioOf(
  ours: readonly LoadResult[],
  theirs: readonly LoadResult[],
  read: (result: LoadResult) => number = (result) => result.requestsPerSecond,
): number {
  const ratios = ours.flatMap((result, round) => {
    const other = theirs[round];
    return other === undefined ? [] : [read(result) / read(other)];
  });
  return median(ratios);
}
