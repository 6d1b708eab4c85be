import type { Bins } from './bins.ts';
import { nextUp } from './next-up.ts';

/**
 * Rounds values and edges as the tensors are whose values are counted: 0.7 of a training table is 0.699999988 in a tensor of `FP32`.
 *
 * The end of the bin of a repeated value stays next to the value.
 */
export function roundBins(bins: Bins, round: (value: number) => number): Bins {
  if (bins.kind === 'categories') return bins;
  if (bins.kind === 'values') return { kind: 'values', values: bins.values.map(round) };
  const edges = bins.edges.map((edge, index) => {
    const before = bins.edges[index - 1];
    return before !== undefined && edge === nextUp(before) ? nextUp(round(before)) : round(edge);
  });
  return { kind: 'edges', edges };
}
