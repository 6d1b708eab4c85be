import type { Baseline, BinCounts, Bins, ClassCalibration, FeatureCounts } from '@fairlead/windows';
import { checkNumber } from '../check-options.ts';
import type { ScoreCells } from './estimate-class-sums.ts';

interface Cell {
  readonly score: number;
  readonly rows: number;
  readonly isPredicted: boolean;
}

/**
 * Reads the rows of a binary classifier by score from the counts of windows, for {@link estimateClassSums}: all requests, captured or not.
 *
 * Up to 64 different scores are exact. Of more, the rows of a bin have the scores that the training table has in the bin; a bin with the threshold in it is
 * divided alike.
 *
 * Undefined without a calibration, without counts of its scores, and for several classes, whose scores windows count one by one.
 *
 * @param outputs - of a window, or of several that were merged
 * @param threshold - smallest score with a positive prediction
 * @throws DriftError `ERR_DRIFT_INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { windowScoreCells } from '@fairlead/drift';
 * import { BinCounter, createBaseline } from '@fairlead/windows';
 *
 * const outputs = [{ name: 'score', datatype: 'FP64', shape: [-1] }] as const;
 * const options = { signature: { inputs: [], outputs }, label: 'left', scores: 'score' };
 * const baseline = createBaseline({ score: [0.25, 0.75, 0.75], left: [0, 0, 1] }, options);
 * const counter = new BinCounter(baseline.outputs[0]!.bins);
 * for (const score of [0.25, 0.75, 0.25]) counter.addNumber(score);
 * const [cells] = windowScoreCells(baseline, [{ name: 'score', counts: counter.counts() }], 0.5) ?? [];
 * console.log(cells); // { scores: [ 0.25, 0.75 ], rows: [ 2, 1 ], predicted: [ 0, 1 ] }
 * ```
 */
export function windowScoreCells(
  { calibration, outputs: specs }: Baseline,
  outputs: readonly FeatureCounts[],
  threshold: number,
): readonly ScoreCells[] | undefined {
  checkNumber('windowScoreCells: threshold', threshold, -Number.MAX_VALUE, Number.MAX_VALUE);
  const [only, ...others] = calibration?.classes ?? [];
  if (only === undefined || others.length > 0) return undefined;
  const spec = specs.find(
    ({ tensor, index }) => tensor === calibration?.tensor && index === only.index,
  );
  const counts = outputs.find(({ name }) => name === spec?.name)?.counts;
  if (spec === undefined || counts === undefined) return undefined;
  const cells = cellsOf(spec.bins, counts, { known: only, threshold }).filter(
    ({ rows }) => rows > 0,
  );
  return [
    {
      scores: cells.map(({ score }) => score),
      rows: cells.map(({ rows }) => rows),
      predicted: cells.map(({ rows, isPredicted }) => (isPredicted ? rows : 0)),
    },
  ];
}

interface Known {
  readonly known: ClassCalibration;
  readonly threshold: number;
}

function cellsOf(bins: Bins, counts: BinCounts, given: Known): readonly Cell[] {
  if (bins.kind === 'categories') return [];
  const cell = (score: number, rows: number): Cell => ({
    ...{ score, rows },
    isPredicted: score >= given.threshold,
  });
  const limits = bins.kind === 'edges' ? bins.edges : bins.values;
  const inside =
    bins.kind === 'values'
      ? bins.values.map((value, bin) => cell(value, counts.counts[bin] ?? 0))
      : counts.counts.flatMap((rows, bin) => {
          const isLast = bin === counts.counts.length - 1;
          const range = [bins.edges[bin] ?? NaN, bins.edges[bin + 1] ?? NaN] as const;
          return divideBin(range, isLast, rows, given);
        });
  return [cell(limits[0] ?? NaN, counts.under), ...inside, cell(limits.at(-1) ?? NaN, counts.over)];
}

/** Divides the rows of a bin at the threshold, by the rows of the training table. */
function divideBin(
  [low, high]: readonly [number, number],
  isLast: boolean,
  rows: number,
  { known, threshold }: Known,
): readonly Cell[] {
  const groups = known.scores.flatMap((score, at) =>
    score >= low && (score < high || (isLast && score === high))
      ? [{ score, count: known.counts[at] ?? 0 }]
      : [],
  );
  const total = groups.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) {
    const score = low + (high - low) / 2;
    return [{ score, rows, isPredicted: score >= threshold }];
  }
  return [false, true].flatMap((isPredicted) => {
    const part = groups.filter(({ score }) => score >= threshold === isPredicted);
    const count = part.reduce((sum, each) => sum + each.count, 0);
    if (count === 0) return [];
    const score = part.reduce((sum, each) => sum + each.score * each.count, 0) / count;
    return [{ score, rows: (rows * count) / total, isPredicted }];
  });
}
