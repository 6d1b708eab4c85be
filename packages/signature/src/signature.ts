import type { Datatype } from './datatype.ts';

/** Least and greatest allowed value, both inclusive; a missing side is open. */
export interface ValueRange {
  readonly min?: number;
  readonly max?: number;
}

/** What may be known of the values of a tensor, or of one feature of it. */
export interface ValueSpec {
  readonly description?: string;
  /** Values outside are refused before the model runs. */
  readonly range?: ValueRange;
  /** The only values allowed: strings for `BYTES`, else numbers. */
  readonly categories?: readonly (string | number)[];
  /** Unit of measurement, for people: `"mm"`, `"EUR"`. */
  readonly units?: string;
}

/** One feature: a position along the last dimension of a tensor. */
export interface FeatureSpec extends ValueSpec {
  readonly name: string;
}

/** One input or output of a model. */
export interface TensorSpec extends ValueSpec {
  readonly name: string;
  readonly datatype: Datatype;
  /** Length of each dimension; −1 where it varies (the batch dimension, by custom the first). */
  readonly shape: readonly number[];
  /**
   * Names of the dimensions, null where one has none; dimensions of the same name have the same length in all inputs.
   *
   * Only names that inputs share are of use: a signature that is read from a model has no others.
   */
  readonly dimensions?: readonly (string | null)[];
  /** The features along the last dimension, in order; as many as that dimension is long. */
  readonly features?: readonly FeatureSpec[];
}

/** What a model takes and gives. */
export interface Signature {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}
