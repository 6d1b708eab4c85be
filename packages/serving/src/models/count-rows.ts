import type { Tensor } from '@fairlead/signature';

/**
 * The rows of a request that statistics and metrics count: the first dimension of its first input that isn't empty.
 *
 * Empty tensors have none, regardless of their first dimension: a client could claim billions of rows in a few bytes.
 */
export function countRows(inputs: readonly Tensor[]): number {
  for (const { shape } of inputs) if (!shape.includes(0)) return shape[0] ?? 1;
  return inputs.length === 0 ? 1 : 0;
}
