import type { JsonTensor } from '@fairlead/signature';

/** Outputs of the original and of the export for the same inputs. */
export interface ParityCase {
  /** The inputs, to show with the worst rows; as many rows as the outputs have. */
  readonly inputs: readonly JsonTensor[];
  /** Outputs of the original. */
  readonly expected: readonly JsonTensor[];
  /** Outputs of the export. */
  readonly actual: readonly JsonTensor[];
}

/** Differences of one output between the export and the original. */
export interface OutputParity {
  readonly name: string;
  readonly datatype: string;
  /** Number of compared elements. */
  readonly elements: number;
  /** Maximum absolute difference; `Infinity` where only one of the two is a finite number. */
  readonly maxAbsolute: number;
  /** Maximum difference relative to the original's value. */
  readonly maxRelative: number;
  readonly meanAbsolute: number;
  /** Share of equal elements, for labels: integers, booleans and texts. */
  readonly agreement?: number;
}

/** One of the rows with the largest differences. */
export interface ParityRow {
  /** Position among all rows, from 0. */
  readonly row: number;
  readonly output: string;
  readonly difference: number;
  readonly expected: number | string;
  readonly actual: number | string;
  /** The first eight elements of this row of the inputs. */
  readonly inputs: readonly (number | string)[];
}

/** Result of comparing an export with its original. */
export interface ParityReport {
  readonly rows: number;
  /** Value for gates: the maximum absolute difference of all outputs; a label that differs counts as `Infinity`. */
  readonly parity: number;
  readonly outputs: readonly OutputParity[];
  /** At most ten, the largest difference first. */
  readonly worst: readonly ParityRow[];
  /** Number of elements that differ by less than 1e-9, 1e-8, … 1, and by more: 11 counts. */
  readonly histogram: readonly number[];
}
