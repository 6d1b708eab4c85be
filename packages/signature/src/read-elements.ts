import { datatypes, type DataByDatatype, type Datatype } from './datatype.ts';
import { numberToFloat16 } from './float16.ts';
import { ImpreciseInteger } from './lossless-json.ts';
import { show } from './signature-error.ts';
import { failTensor } from './tensor-failure.ts';

/** Reads JSON values into the storage of a tensor, starting at element `start`. */
export type ElementsReader = (values: readonly unknown[], start: number) => void;

/** Describes the position of an element in the input, for messages. */
export type PlaceOf = (index: number) => string;

const elementPlace: PlaceOf = (index) => `at element ${index}`;

/** Number of infinities that the JSON contains as text; any other infinity is a number that the datatype can't represent. */
export interface NamedInfinities {
  count: number;
}

type Data = DataByDatatype[Datatype];

/**
 * Creates the reader of the elements of a datatype.
 *
 * Each kind has a separate loop: large requests spend most of their time in these loops.
 */
export function elementsReader(
  tensor: string,
  datatype: Datatype,
  data: Data,
  infinities: NamedInfinities,
  placeOf: PlaceOf = elementPlace,
): ElementsReader {
  const bad = (expected: string, value: unknown, index: number): never =>
    failTensor(tensor, `${expected} (${datatype})`, `${show(value)} ${placeOf(index)}`);
  const { kind, integerRange: [min, max] = [0n, 0n] } = datatypes[datatype];
  switch (kind) {
    case 'boolean':
      return readBooleans(data as Uint8Array, bad);
    case 'integer':
      return readIntegers(data as Int32Array, Number(min), Number(max), bad);
    case 'bigint':
      return readBigIntegers(tensor, data as BigInt64Array, min, max, bad, placeOf);
    case 'float':
      return datatype === 'FP16'
        ? readHalves(data as Uint16Array, bad)
        : readFloats(data as Float64Array, infinities, bad);
    case 'bytes':
      return readStrings(data as Uint8Array[], bad);
  }
}

type Bad = (expected: string, value: unknown, index: number) => never;

function readBooleans(data: Uint8Array, bad: Bad): ElementsReader {
  return (values, start) => {
    for (let index = 0; index < values.length; index++) {
      const value = values[index];
      if (value === true || value === 1) data[start + index] = 1;
      else if (value !== false && value !== 0) bad('true or false', value, start + index);
    }
  };
}

function readIntegers(data: Int32Array, min: number, max: number, bad: Bad): ElementsReader {
  return (values, start) => {
    for (let index = 0; index < values.length; index++) {
      const value = values[index] as number;
      if (!Number.isInteger(value) || value < min || value > max) {
        bad(`a whole number from ${min} to ${max}`, value, start + index);
      }
      data[start + index] = value;
    }
  };
}

function readBigIntegers(
  tensor: string,
  data: BigInt64Array,
  min: bigint,
  max: bigint,
  bad: Bad,
  placeOf: PlaceOf,
): ElementsReader {
  const expected = `a whole number from ${min} to ${max}`;
  return (values, start) => {
    for (let index = 0; index < values.length; index++) {
      const value = values[index];
      if (typeof value === 'number' && isImprecise(value)) {
        throw new ImpreciseInteger(tensor, expected, `${value} ${placeOf(start + index)}`);
      }
      const whole = typeof value === 'bigint' || Number.isSafeInteger(value);
      const integer = whole ? BigInt(value as number | bigint) : undefined;
      if (integer === undefined || integer < min || integer > max) {
        return bad(expected, value, start + index);
      }
      data[start + index] = integer;
    }
  };
}

/** Returns whether the digits in the JSON may be another 64-bit integer; a larger number is none. */
function isImprecise(value: number): boolean {
  return Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) <= 2 ** 64;
}

const FLOAT = 'a number, null for NaN, "Infinity" or "-Infinity"';

/** Values that are no numbers in JSON: `null`, which most JSON writers use for NaN, and the strings of Protocol Buffers' JSON. */
const NON_FINITE: ReadonlyMap<unknown, number> = new Map<unknown, number>([
  [null, NaN],
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
]);

/** Overflow is detected in the storage afterwards, see {@link checkFinite}. */
function readFloats(data: Float64Array, infinities: NamedInfinities, bad: Bad): ElementsReader {
  return (values, start) => {
    for (let index = 0; index < values.length; index++) {
      const value = values[index];
      if (typeof value === 'number') {
        data[start + index] = value;
        continue;
      }
      // The text was parsed with `bigint` for the integers of another tensor of the request.
      const special = typeof value === 'bigint' ? Number(value) : NON_FINITE.get(value);
      if (special === undefined) return bad(FLOAT, value, start + index);
      if (typeof value === 'string' && !Number.isNaN(special)) infinities.count += 1;
      data[start + index] = special;
    }
  };
}

function readHalves(data: Uint16Array, bad: Bad): ElementsReader {
  return (values, start) => {
    for (let index = 0; index < values.length; index++) {
      const given = values[index];
      const value = typeof given === 'bigint' ? Number(given) : given;
      if (typeof value === 'number') {
        const bits = numberToFloat16(value);
        if ((bits & 0x7fff) === 0x7c00) bad('a number within ±65504', value, start + index);
        data[start + index] = bits;
        continue;
      }
      const special = NON_FINITE.get(value);
      if (special === undefined) return bad(FLOAT, value, start + index);
      data[start + index] = numberToFloat16(special);
    }
  };
}

function readStrings(data: Uint8Array[], bad: Bad): ElementsReader {
  const encoder = new TextEncoder();
  return (values, start) => {
    for (let index = 0; index < values.length; index++) {
      if (typeof values[index] !== 'string')
        bad('a well-formed string', values[index], start + index);
    }
    const strings = values as readonly string[];
    const [single] = strings;
    if (single !== undefined && strings.length === 1 && single.isWellFormed()) {
      data[start] = encoder.encode(single);
      return;
    }
    // Encoded together and divided afterwards: one call of the encoder per string takes three times as long.
    const text = strings.join('');
    const bytes = encoder.encode(text);
    const isAscii = bytes.length === text.length;
    let offset = 0;
    for (let index = 0; index < strings.length; index++) {
      const string = strings[index] ?? '';
      if (string === '') {
        data[start + index] = EMPTY;
        continue;
      }
      if (!isAscii && !string.isWellFormed()) bad('a well-formed string', string, start + index);
      const end = offset + (isAscii ? string.length : utf8Length(string));
      data[start + index] = bytes.subarray(offset, end);
      offset = end;
    }
  };
}

const EMPTY = new Uint8Array(0);

/** Returns the number of bytes of a well-formed string in UTF-8. */
function utf8Length(string: string): number {
  let length = 0;
  for (let index = 0; index < string.length; index++) {
    const unit = string.charCodeAt(index);
    // A surrogate pair has four bytes: two for each half.
    if (unit < 0x80) length += 1;
    else length += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 2 : 3;
  }
  return length;
}

/** Rejects numbers of JSON that the datatype can't represent: `1e400`, and for FP32 those beyond binary32. */
export function checkFinite(
  tensor: string,
  datatype: Datatype,
  data: Data,
  length: number,
  { count: named }: NamedInfinities,
  placeOf: PlaceOf = elementPlace,
): void {
  if (datatype !== 'FP32' && datatype !== 'FP64') return;
  const floats = data as Float64Array;
  let found = 0;
  for (let index = 0; index < length; index++) {
    const value = floats[index] ?? 0;
    if (Number.isFinite(value) || Number.isNaN(value)) continue;
    found += 1;
    if (found <= named) continue;
    const expected = datatype === 'FP32' ? 'a number within ±3.4028235e38' : 'a finite number';
    const place = named === 0 ? ` ${placeOf(index)}` : '';
    failTensor(tensor, `${expected} (${datatype})`, `a greater one${place}`);
  }
}
