import { datatypes, elementCount, type Signature, type Tensor } from '@fairlead/signature';
import { ServingError } from '../errors/serving-error.ts';
import { hasBatchDimension } from '../scheduling/batch-limits.ts';
import type { VersionManifest } from '../source/model-source.ts';

/** Bytes of a reference to a byte string; the string itself may be empty. */
const REFERENCE_BYTES = 8;

/**
 * Checks that the inputs that a signature declares fit into memory, before anything is allocated for them; dimensions
 * that vary count as 1.
 *
 * @throws ServingError `ERR_SERVING_LOAD_FAILED` naming the input, its size and the limit.
 */
export function checkDeclaredInputs(
  { model, version, signature }: Pick<VersionManifest, 'model' | 'version' | 'signature'>,
  maxInputBytes: number,
): void {
  let bytes = 0;
  for (const { name, datatype, shape } of signature.inputs) {
    const fixed = shape.filter((length) => length !== -1);
    bytes += elementCount(fixed) * (datatypes[datatype].elementBytes ?? REFERENCE_BYTES);
    if (bytes <= maxInputBytes) continue;
    throw new ServingError(
      'ERR_SERVING_LOAD_FAILED',
      `model "${model}" version ${version} can't be called: with input "${name}", ${datatype} of shape [${shape.join(',')}], each request takes ${bytes} bytes or more; at most ${maxInputBytes} are accepted (maxInputBytes)`,
    );
  }
}

/**
 * Creates the check of how many rows a request has; undefined for a signature whose first dimension isn't one of rows.
 *
 * The check throws ServingError `ERR_SERVING_TOO_MANY_ROWS` naming the limit.
 */
export function createRowCheck(
  signature: Signature,
  maxRowsPerRequest: number,
): ((inputs: readonly Tensor[]) => void) | undefined {
  if (!hasBatchDimension(signature)) return undefined;
  return (inputs) => {
    for (const { name, shape } of inputs) {
      const rows = shape[0] ?? 0;
      if (rows <= maxRowsPerRequest) continue;
      throw new ServingError(
        'ERR_SERVING_TOO_MANY_ROWS',
        `input "${name}" has ${rows} rows; a request may have at most ${maxRowsPerRequest}: send several requests`,
      );
    }
  };
}
