import { decodeBinaryTensor, datatypes, elementCount, type Signature } from '@fairlead/signature';
import { badRequest } from '../json-body.ts';
import type { DecodedRequest } from './decode-infer-request.ts';

/**
 * Creates a request of a body that is nothing but the bytes of the model's single input, for a batch of one.
 *
 * With `ownsBody` the tensor shares the storage of the body.
 *
 * One dimension that varies is found from the number of bytes; a `BYTES` input is one element, the whole body.
 *
 * @throws ServingError `ERR_SERVING_BAD_REQUEST` when the model has several inputs, or the bytes don't make up whole rows.
 */
export function decodeRawRequest(
  body: Buffer,
  { inputs }: Signature,
  ownsBody = false,
): DecodedRequest {
  const [spec, ...more] = inputs;
  if (spec === undefined || more.length > 0) {
    throw badRequest(`a raw body needs a model with a single input; this one has ${inputs.length}`);
  }
  const { name, datatype } = spec;
  // The first dimension that varies is the batch.
  const batch = spec.shape[0] === -1 ? [1] : [];
  const rest = spec.shape.slice(batch.length);
  const varying = rest.filter((length) => length === -1).length;
  const binary = { byDefault: true };
  const { elementBytes } = datatypes[datatype];
  if (elementBytes === null) {
    const shape = [...batch, ...rest.map((length) => (length === -1 ? 1 : length))];
    if (elementCount(shape) !== 1)
      throw badRequest(`a raw body is one element of BYTES; "${name}" takes more`);
    return { request: { inputs: [{ name, datatype: 'BYTES', shape, data: [body] }] }, binary };
  }
  if (varying > 1)
    throw badRequest(`a raw body leaves the shape of "${name}" open: ${varying} dimensions vary`);
  const known = elementCount(rest.filter((length) => length !== -1)) * elementBytes;
  const shape = [...batch, ...rest.map((length) => (length === -1 ? body.length / known : length))];
  const head = { name, datatype, shape };
  const tensor = decodeBinaryTensor(head, body, { shareStorage: ownsBody });
  return { request: { inputs: [tensor], ...(ownsBody && { ownsInputs: true }) }, binary };
}
