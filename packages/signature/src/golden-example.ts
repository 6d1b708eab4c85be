import type { JsonTensor } from './json-tensor.ts';

/** Inputs with their expected outputs: a loaded version is validated with them. */
export interface GoldenExample {
  readonly name?: string;
  readonly inputs: readonly JsonTensor[];
  readonly outputs: readonly JsonTensor[];
  /** Maximum absolute difference of each element. */
  readonly tolerance?: number;
}
