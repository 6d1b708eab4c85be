import type { TensorSpec } from '@fairlead/signature';
import { badRequest } from './json-body.ts';

/**
 * Rejects requests in rows to a model with an input of shape `[]`: such an input has one value for the whole request.
 *
 * @throws ServingError `ERR_SERVING_BAD_REQUEST` naming the input, and what to send instead.
 */
export function checkRowInputs(specs: readonly TensorSpec[]): void {
  for (const { name, shape } of specs) {
    if (shape.length > 0) continue;
    throw badRequest(
      `input "${name}" of shape [] has no row per instance; send "inputs" instead, with one value for it`,
    );
  }
}
