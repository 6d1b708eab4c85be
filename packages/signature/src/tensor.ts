import type { DataByDatatype, Datatype } from './datatype.ts';

/** One named tensor of datatype `D`: `shape` in elements, `data` flat and row-major. */
export interface TensorOf<D extends Datatype> {
  readonly name: string;
  readonly datatype: D;
  /** Length of each dimension; `[]` is a scalar. */
  readonly shape: readonly number[];
  /** Small tensors may share a buffer with others: send a copy to another thread. */
  readonly data: DataByDatatype[D];
}

/** One named tensor of any datatype; narrow it by its `datatype`. */
export type Tensor = { [D in Datatype]: TensorOf<D> }[Datatype];

/**
 * Number of elements that `shape` describes (1 for a scalar).
 *
 * @example
 * ```ts
 * import { elementCount } from '@fairlead/signature';
 *
 * console.log(elementCount([2, 3]), elementCount([])); // 6 1
 * ```
 */
export function elementCount(shape: readonly number[]): number {
  let count = 1;
  for (const length of shape) count *= length;
  return count;
}
