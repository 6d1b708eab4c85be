import type { Tensor } from '@fairlead/signature';
import { BinCounter } from '../bins/bin-counter.ts';
import type { FeatureBaseline } from '../bins/feature-baseline.ts';
import type { FeatureCounts } from '../window/window.ts';
import { countColumn } from './count-column.ts';
import type { RowSelection } from './row-selection.ts';

interface CountedColumn {
  readonly name: string;
  readonly index: number;
  readonly width: number | undefined;
  readonly counter: BinCounter;
}

/** Counts the features of the inputs, or the outputs, of a version. */
export class TensorCounters {
  readonly #columns: readonly CountedColumn[];
  readonly #byTensor: ReadonlyMap<string, readonly CountedColumn[]>;

  constructor(features: readonly FeatureBaseline[]) {
    const byTensor = new Map<string, CountedColumn[]>();
    this.#columns = features.map(({ name, tensor, index, width, bins }) => {
      const column = { name, index, width, counter: new BinCounter(bins) };
      const columns = byTensor.get(tensor) ?? [];
      columns.push(column);
      byTensor.set(tensor, columns);
      return column;
    });
    this.#byTensor = byTensor;
  }

  /** Number of features. */
  get size(): number {
    return this.#columns.length;
  }

  /** Rows of the tensors that are counted: of the one with most. */
  rowsOf(tensors: readonly Tensor[]): number {
    let rows = 0;
    for (const tensor of tensors) {
      const columns = this.#byTensor.get(tensor.name);
      if (columns === undefined) continue;
      const width = widthOf(tensor, columns);
      if (width > 0) rows = Math.max(rows, Math.floor(tensor.data.length / width));
    }
    return rows;
  }

  /** Counts the values of the selected rows; a tensor with fewer rows has values for the first ones. */
  count(tensors: readonly Tensor[], selection: RowSelection): void {
    for (const tensor of tensors) {
      const columns = this.#byTensor.get(tensor.name);
      if (columns === undefined) continue;
      const width = widthOf(tensor, columns);
      for (const { index, counter } of columns) {
        if (index < width) countColumn(counter, tensor, { width, index }, selection);
      }
    }
  }

  counts(): readonly FeatureCounts[] {
    return this.#columns.map(({ name, counter }) => ({ name, counts: counter.counts() }));
  }
}

/**
 * Elements in a row of a tensor: its last dimension; one in a list of rows. That a tensor of one dimension is a row shows its
 * baseline, by its width or, written by a training script, by a feature behind the first.
 */
function widthOf({ shape }: Tensor, columns: readonly CountedColumn[]): number {
  const last = shape.at(-1) ?? 1;
  if (shape.length > 1) return last;
  const width = columns.find((column) => column.width !== undefined)?.width;
  return width ?? (columns.every(({ index }) => index === 0) ? 1 : last);
}
