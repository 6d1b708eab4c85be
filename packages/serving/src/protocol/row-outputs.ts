import type { Signature, Tensor, TensorSpec } from '@fairlead/signature';
import { badRequest } from './json-body.ts';

/**
 * Rejects outputs that have no row for each of `rows` instances: laid out row by row, they would lose rows or answer one
 * row with another one's values.
 *
 * An output whose first dimension is fixed while that of the inputs varies has no rows, also where their numbers happen to
 * agree. `instead` says how the request gets such outputs.
 *
 * @throws ServingError `ERR_SERVING_BAD_REQUEST` naming the output and its shape.
 */
export function checkRows(
  outputs: readonly Tensor[],
  rows: number,
  { inputs, outputs: specs }: Signature,
  instead = 'send "inputs" instead, whose outputs are whole',
): void {
  const varies = inputs.some(({ shape }) => shape[0] === -1);
  for (const { name, shape } of outputs) {
    const [length] = shape;
    const fixed =
      varies &&
      isFixed(
        specs.find((spec) => spec.name === name),
        length,
      );
    if (length === rows && !fixed) continue;
    const found = `output "${name}" of shape [${shape.join(',')}] has no row for each of the ${rows} rows`;
    throw badRequest(`${found} that were sent; ${instead}`);
  }
}

/** Returns whether an output has the same length for any number of rows; a length of 1 is the row of a single instance. */
function isFixed(spec: TensorSpec | undefined, length: number | undefined): boolean {
  const declared = spec?.shape[0] ?? -1;
  return declared > 1 && declared === length;
}
