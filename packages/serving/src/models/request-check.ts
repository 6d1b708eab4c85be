import { createSignatureCheck, SignatureError } from '@fairlead/signature';
import type { InferRequest } from '../inference/infer-request.ts';
import type { VersionManifest } from '../source/model-source.ts';
import { createEqualRowsCheck } from './equal-rows.ts';
import { createRowCheck } from './size-limits.ts';

/** Options of {@link createRequestCheck}. */
export interface RequestCheckOptions {
  /** Rows that one request may have at most. */
  readonly maxRowsPerRequest: number;
  /** True if requests of the version share executions. */
  readonly batching: boolean;
}

/**
 * Creates the function that checks a request against the signature of a version.
 *
 * The function throws SignatureError naming the tensor, and ServingError `ERR_SERVING_TOO_MANY_ROWS` or
 * `ERR_SERVING_BAD_REQUEST`.
 */
export function createRequestCheck(
  { model, signature }: Pick<VersionManifest, 'model' | 'signature'>,
  { maxRowsPerRequest, batching }: RequestCheckOptions,
): (request: InferRequest) => void {
  const checkInputs = createSignatureCheck(signature.inputs);
  const checkRows = createRowCheck(signature, maxRowsPerRequest);
  const checkEqualRows = batching ? createEqualRowsCheck(signature.inputs) : undefined;
  const outputNames = new Set(signature.outputs.map((output) => output.name));

  return function checkRequest({ inputs, outputs }) {
    checkRows?.(inputs);
    checkInputs(inputs);
    checkEqualRows?.(inputs);
    if (outputs === undefined) return;
    for (const name of outputs) {
      if (outputNames.has(name)) continue;
      const known = [...outputNames].map((each) => `"${each}"`).join(', ');
      throw new SignatureError(
        'ERR_SIGNATURE_MISMATCH',
        `output "${name}": model "${model}" has no such output; it has ${known}`,
      );
    }
  };
}
