import { float16ToNumber } from './float16.ts';
import { SignatureError } from './signature-error.ts';
import type { Tensor, TensorOf } from './tensor.ts';

/**
 * Encodes the elements of a tensor as JSON text, flat and row-major: `[0.5,1]`.
 *
 * JSON has no NaN and no infinities: they are written as `null`. 64-bit integers are written with all their digits.
 *
 * @throws SignatureError `ERR_SIGNATURE_NOT_TEXT` for a `BYTES` element that isn't UTF-8.
 *
 * @example
 * ```ts
 * import { encodeTensorData } from '@fairlead/signature';
 *
 * const data = Float32Array.of(0.5, NaN, 1);
 * console.log(encodeTensorData({ name: 'y', datatype: 'FP32', shape: [3], data })); // [0.5,null,1]
 * ```
 */
export function encodeTensorData(tensor: Tensor): string {
  switch (tensor.datatype) {
    case 'BOOL':
      return `[${Array.from(tensor.data, (value) => value !== 0).join(',')}]`;
    case 'FP16':
      return encodeHalves(tensor.data);
    case 'FP32':
    case 'FP64':
      return encodeFloats(tensor.data);
    case 'BYTES':
      return encodeStrings(tensor);
    default:
      return `[${tensor.data.join(',')}]`;
  }
}

/**
 * Encodes a whole tensor as JSON text, `{"name":…,"datatype":…,"shape":…,"data":…}`; see {@link encodeTensorData}.
 *
 * @example
 * ```ts
 * import { encodeTensor } from '@fairlead/signature';
 *
 * const y = { name: 'y', datatype: 'INT64', shape: [1], data: BigInt64Array.of(2n ** 60n) } as const;
 * console.log(encodeTensor(y)); // {"name":"y","datatype":"INT64","shape":[1],"data":[1152921504606846976]}
 * ```
 */
export function encodeTensor(tensor: Tensor): string {
  const { name, datatype, shape } = tensor;
  const head = `{"name":${JSON.stringify(name)},"datatype":"${datatype}","shape":[${shape.join(',')}]`;
  return `${head},"data":${encodeTensorData(tensor)}}`;
}

/** Texts of the 65,536 numbers of half precision, each formatted when it is first used: formatting is the slowest step. */
let halfTexts: (string | undefined)[] | undefined;

function encodeHalves(values: Uint16Array): string {
  const known = (halfTexts ??= new Array<string | undefined>(2 ** 16).fill(undefined));
  const texts = Array.from(values, (bits) => (known[bits] ??= halfText(bits)));
  return `[${texts.join(',')}]`;
}

function halfText(bits: number): string {
  const value = float16ToNumber(bits);
  return Number.isFinite(value) ? String(value) : 'null';
}

function encodeFloats(values: Float32Array | Float64Array): string {
  const text = values.join(',');
  // Only "NaN" and "Infinity" contain an "N" or an "I".
  const finite = !text.includes('N') && !text.includes('I');
  return `[${finite ? text : text.replaceAll(/NaN|-?Infinity/g, 'null')}]`;
}

function encodeStrings(tensor: TensorOf<'BYTES'>): string {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const strings = tensor.data.map((element, index) => {
    try {
      return JSON.stringify(decoder.decode(element));
    } catch (cause) {
      throw new SignatureError(
        'ERR_SIGNATURE_NOT_TEXT',
        `tensor "${tensor.name}": element ${index} is not UTF-8, so JSON can't carry it; ask for binary output`,
        { cause },
      );
    }
  });
  return `[${strings.join(',')}]`;
}
