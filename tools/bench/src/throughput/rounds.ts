import { percentile } from '../percentile.ts';
import type { LoadResult } from '../servers/load.ts';

/** Each figure's median over the rounds of one side; failures are added up. */
export function medianOf(rounds: readonly LoadResult[]): LoadResult {
  const median = (read: (result: LoadResult) => number): number =>
    percentile(rounds.map(read), 0.5);
  const hasLag = rounds.every(({ loopLagP99Ms }) => loopLagP99Ms !== undefined);
  return {
    side: rounds[0]?.side ?? '',
    requestsPerSecond: median((each) => each.requestsPerSecond),
    p50Ms: median((each) => each.p50Ms),
    p99Ms: median((each) => each.p99Ms),
    loopLagP99Ms: hasLag ? median((each) => each.loopLagP99Ms ?? NaN) : undefined,
    failed: rounds.reduce((sum, { failed }) => sum + failed, 0),
    cpuMicroseconds: median((each) => each.cpuMicroseconds),
    rssMiB: median((each) => each.rssMiB),
    cores: median((each) => each.cores),
    otherCores: median((each) => each.otherCores),
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
  return percentile(ratios, 0.5);
}
