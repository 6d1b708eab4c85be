import type { Datatype } from './datatype.ts';

/** Minimum and maximum allowed value, both inclusive; a missing one doesn't limit. */
export interface ValueRange {
  readonly min?: number;
  readonly max?: number;
}

/** Description and limits of the values of a tensor, or of one of its features. */
export interface ValueSpec {
  readonly description?: string;
  /** Range of the values; others are rejected before the model runs. */
  readonly range?: ValueRange;
  /** Allowed values: strings for `BYTES`, else numbers. */
  readonly categories?: readonly (string | number)[];
  /** Unit of measurement, for people: `"mm"`, `"EUR"`. */
  readonly units?: string;
  /**
   * True for personal or secret values, which windows and captures leave out.
   * @defaultValue false
   */
  readonly sensitive?: boolean;
}

/** One feature: an index of the last dimension of a tensor. */
export interface FeatureSpec extends ValueSpec {
  readonly name: string;
}

/** One input or output of a model. */
export interface TensorSpec extends ValueSpec {
  readonly name: string;
  readonly datatype: Datatype;
  /** Length of each dimension; −1 for a variable one (by convention the first is the batch dimension). */
  readonly shape: readonly number[];
  /**
   * Names of the dimensions, null for one without a name; dimensions of the same name have the same length in all inputs.
   *
   * Only names that several dimensions share have an effect: a signature that is read from a model has no others.
   */
  readonly dimensions?: readonly (string | null)[];
  /** Features along the last dimension, in order, one for each of its elements. */
  readonly features?: readonly FeatureSpec[];
}

/** Inputs and outputs of a model. */
export interface Signature {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}
