import { parseKeepingIntegers } from './parse-keeping-integers.ts';
import { findRepeatedKey } from './repeated-key.ts';
import { show, SignatureError } from './signature-error.ts';

/**
 * Error of a decoder for an integer that plain `JSON.parse` can't represent exactly.
 *
 * `decodeJson` then parses again; the message is for numbers that are no integers, as they have a fraction or an exponent.
 *
 * @example
 * ```ts
 * import { decodeTensor, ImpreciseInteger } from '@fairlead/signature';
 *
 * const text = '{"name":"id","datatype":"INT64","shape":[1],"data":[9007199254740993]}';
 * try {
 *   decodeTensor(JSON.parse(text));
 * } catch (error) {
 *   console.log(error instanceof ImpreciseInteger); // true
 * }
 * ```
 */
export class ImpreciseInteger extends SignatureError {
  constructor(tensor: string, expected: string, found: string) {
    super(
      'ERR_SIGNATURE_TENSOR_INVALID',
      `tensor "${tensor}": expected ${expected}, found ${found}; beyond 2^53 write all its digits, without a fraction or an exponent`,
      { problems: [{ tensor, expected, found }] },
    );
  }
}

/**
 * Parses JSON text and decodes the value, without losing integers beyond ±2^53.
 *
 * An object with a repeated key is rejected: parsers disagree on which value counts (RFC 8259, 4), so a filter before the
 * server may have read another value than the model.
 *
 * `decode` gets the result of `JSON.parse`. If it throws {@link ImpreciseInteger}, the text is parsed again with such
 * integers of at most 20 digits as `bigint`, and decoded again: only requests with such integers are parsed twice.
 *
 * @throws SyntaxError when `text` is not JSON; SignatureError `ERR_SIGNATURE_KEY_REPEATED` naming the key; the errors of
 * `decode`.
 *
 * @example
 * ```ts
 * import { decodeJson, decodeTensor } from '@fairlead/signature';
 *
 * const text = '{"name":"id","datatype":"INT64","shape":[1],"data":[9007199254740993]}';
 * console.log(decodeJson(text, decodeTensor).data[0]); // 9007199254740993n
 * ```
 */
export function decodeJson<T>(text: string, decode: (value: unknown) => T): T {
  const value: unknown = JSON.parse(text);
  const key = findRepeatedKey(text, value);
  if (key !== undefined) {
    const message = `the JSON has the key ${show(key)} twice in one object; name it once`;
    throw new SignatureError('ERR_SIGNATURE_KEY_REPEATED', message);
  }
  try {
    return decode(value);
  } catch (error) {
    if (!(error instanceof ImpreciseInteger)) throw error;
    return decode(parseKeepingIntegers(text));
  }
}
