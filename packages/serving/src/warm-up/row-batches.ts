import type { RandomSource } from '@fairlead/signature';
import type { Sample } from './row-trial.ts';

/** Executions to try: pairs in either order, the same request twice, all in several orders, and as many as fit. */
export function* batchesOf(
  samples: readonly Sample[],
  random: RandomSource,
  maxRows: number,
): Generator<readonly Sample[], void> {
  for (let index = 0; index + 1 < Math.min(samples.length, 5); index += 2) {
    const pair = samples.slice(index, index + 2);
    yield pair;
    yield pair.toReversed();
  }
  yield* samples.slice(0, 1).map((each) => [each, each]);
  yield atMost(samples, maxRows);
  yield atMost(samples.toReversed(), maxRows);
  yield atMost(shuffle(samples, random), maxRows);
  const many = Array.from({ length: maxRows }, () => shuffle(samples, random)).flat();
  yield atMost(many, Math.ceil(maxRows / 2));
  yield atMost(many.toReversed(), maxRows);
}

/** As many of the samples, in order, as have `maxRows` rows together. */
function atMost(samples: readonly Sample[], maxRows: number): readonly Sample[] {
  let rows = 0;
  return samples.filter((sample) => {
    const fits = rows + sample.rows <= maxRows;
    if (fits) rows += sample.rows;
    return fits;
  });
}

function shuffle<T>(values: readonly T[], random: RandomSource): readonly T[] {
  return values
    .map((value) => [random(), value] as const)
    .sort(([a], [b]) => a - b)
    .map(([, value]) => value);
}
