import type { JsonTensor } from './json-tensor.ts';

/** Inputs with their expected outputs, to validate a loaded version. */
export interface GoldenExample {
  readonly name?: string;
  readonly inputs: readonly JsonTensor[];
  readonly outputs: readonly JsonTensor[];
  /** Maximum absolute difference of each element. */
  readonly tolerance?: number;
}
