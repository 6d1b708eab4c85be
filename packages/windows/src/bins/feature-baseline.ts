import type { Datatype } from '@fairlead/signature';
import type { BinCounts } from './bin-counts.ts';
import type { Bins } from './bins.ts';

/** One feature or output of a baseline: its bins, and how many rows of the training table were in each. */
export interface FeatureBaseline {
  /** Name of the feature, or of the tensor with its index: `age`, `pixels[3]`. */
  readonly name: string;
  /** Name of the tensor that holds it. */
  readonly tensor: string;
  /** Index along the last dimension of the tensor. */
  readonly index: number;
  /** Datatype of the tensor; numbers were rounded to it before they were counted. */
  readonly datatype: Datatype;
  /** Elements of a tensor with one dimension that is a row, as of shape `[2]`; absent where it is a list of rows, or has more dimensions. */
  readonly width?: number;
  readonly bins: Bins;
  readonly counts: BinCounts;
  /** Mean of the numbers; absent for categories and without numbers. */
  readonly mean?: number;
  /** Standard deviation of the numbers, with n in the denominator; absent for categories and without numbers. */
  readonly standardDeviation?: number;
}
