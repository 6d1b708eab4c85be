import type { Tensor, TensorSpec } from '@fairlead/signature';
import { badRequest, isJsonObject } from '../json-body.ts';
import { elementTexts, tensorOfNested } from '../nested-tensor.ts';

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Bytes that are no text, as TensorFlow Serving writes them: `{"b64":"…"}`. */
export interface BinaryValue {
  readonly b64: string;
}

/** Returns whether a value is bytes in base64, and nothing else. */
export function isBinaryValue(value: unknown): value is BinaryValue {
  return isJsonObject(value) && typeof value.b64 === 'string' && Object.keys(value).length === 1;
}

/**
 * Creates a tensor of nested lists, in which an element of `BYTES` may be `{"b64":"…"}`.
 *
 * @throws SignatureError as {@link tensorOfNested} does, ServingError `ERR_SERVING_BAD_REQUEST` for what isn't base64.
 */
export function tensorOfValues(spec: TensorSpec, value: unknown): Tensor {
  if (spec.datatype !== 'BYTES') return tensorOfNested(spec, value);
  const binary: (Buffer | undefined)[] = [];
  const tensor = tensorOfNested(spec, withoutBinary(value, binary));
  if (tensor.datatype !== 'BYTES') return tensor;
  return { ...tensor, data: tensor.data.map((element, index) => binary[index] ?? element) };
}

/** The same lists with an empty text in place of each value in base64, which goes to its place in `binary`. */
function withoutBinary(value: unknown, binary: (Buffer | undefined)[]): unknown {
  if (Array.isArray(value)) return value.map((inner) => withoutBinary(inner, binary));
  if (!isBinaryValue(value)) {
    binary.push(undefined);
    return value;
  }
  if (!BASE64.test(value.b64)) throw badRequest('the text of a "b64" is not base64');
  binary.push(Buffer.from(value.b64, 'base64'));
  return '';
}

/** Elements as TensorFlow Serving writes them: bytes in base64 where the output's name ends with `_bytes`. */
export function valueTexts(tensor: Tensor): readonly string[] {
  if (tensor.datatype !== 'BYTES' || !tensor.name.endsWith('_bytes')) return elementTexts(tensor);
  return tensor.data.map((bytes) => `{"b64":"${Buffer.from(bytes).toString('base64')}"}`);
}
