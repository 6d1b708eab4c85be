import { total } from '../statistics/paired-counts.ts';

/** Rows of a class and of the rest with equal or similar scores, in ascending order of the scores. */
export interface RankCells {
  readonly positives: readonly number[];
  readonly negatives: readonly number[];
}

/** Area under the ROC curve, and its precision. */
export interface RocArea {
  /** NaN without rows of both kinds. */
  readonly rocAuc: number;
  /** Standard error of the area of one row; that of n rows is by √n smaller. */
  readonly rocAucDeviation: number;
}

/**
 * Area under the ROC curve of counted rows; rows of one cell count as half.
 *
 * The standard error is that of the rarer kind of rows alone, as NannyML has it; it averages ties.
 */
export function rocArea({ positives, negatives }: RankCells): RocArea {
  const [p, n] = [total(positives), total(negatives)];
  const isRare = p <= n;
  const [rare, others] = isRare ? [positives, negatives] : [negatives, positives];
  const [rareTotal, otherTotal] = isRare ? [p, n] : [n, p];
  let [below, sum, squares] = [0, 0, 0];
  for (const [cell, count] of rare.entries()) {
    const other = others[cell] ?? 0;
    const place = (below + other / 2) / otherTotal;
    sum += count * place;
    squares += count * place * place;
    below += other;
  }
  const mean = sum / rareTotal;
  const variance = Math.max(0, squares / rareTotal - mean * mean);
  return {
    rocAuc: isRare ? mean : 1 - mean,
    rocAucDeviation: Math.sqrt((variance * (p + n)) / rareTotal),
  };
}
