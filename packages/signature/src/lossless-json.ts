import { parseKeepingIntegers } from './parse-keeping-integers.ts';
import { findRepeatedKey } from './repeated-key.ts';
import { show, SignatureError } from './signature-error.ts';

/**
 * Thrown by a decoder that met an integer which plain `JSON.parse` can't represent.
 *
 * It says what is wrong with the tensor: a number as great that has a fraction or an exponent is none after all.
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
 * An object that names a key twice is refused: parsers disagree on which one counts (RFC 8259, 4), so that a filter in
 * front may have read another value than the model would.
 *
 * `decode` sees what `JSON.parse` gives. If it throws {@link ImpreciseInteger}, the text is parsed a second time with
 * such integers of at most 20 digits as `bigint`, and decoded again: only the rare request that needs it pays for that.
 *
 * @throws SyntaxError when `text` is not JSON; SignatureError `ERR_SIGNATURE_KEY_REPEATED` naming the key; whatever
 * `decode` throws.
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
