import { datatypes, isDatatype, type Datatype, type DatatypeInfo } from './datatype.ts';
import { numberToFloat16 } from './float16.ts';
import { ImpreciseInteger } from './lossless-json.ts';
import { show, SignatureError } from './signature-error.ts';
import { elementCount, type Tensor } from './tensor.ts';

/** A tensor as the Open Inference Protocol writes it in JSON, before anything was checked. */
interface JsonTensor {
  readonly name?: unknown;
  readonly datatype?: unknown;
  readonly shape?: unknown;
  readonly data?: unknown;
}

/**
 * Makes a {@link Tensor} of `{name, datatype, shape, data}`; `data` is flat, or nested exactly as `shape` says.
 *
 * Nothing is allocated before the elements were counted, so `shape` can't claim memory that the text doesn't pay for.
 *
 * @throws SignatureError `ERR_SIGNATURE_TENSOR_INVALID` naming the tensor, what was expected and what came.
 * @throws ImpreciseInteger for a 64-bit integer that lost digits in `JSON.parse`; see `decodeJson`.
 */
export function decodeTensor(json: unknown): Tensor {
  if (!isJsonTensor(json)) return fail('(unnamed)', 'an object', show(json));
  const name = readName(json.name);
  const datatype = readDatatype(name, json.datatype);
  const shape = readShape(name, json.shape);
  const nested = readNesting(name, json.data, shape);
  const info = datatypes[datatype];
  const data = info.allocate(elementCount(shape));
  const read = elementReader(name, info);
  let next = 0;
  const fill = (values: readonly unknown[], depth: number): void => {
    if (depth > 0) for (const inner of values) fill(inner as readonly unknown[], depth - 1);
    else {
      for (const value of values) {
        (data as unknown[])[next] = read(value, next);
        next += 1;
      }
    }
  };
  fill(json.data as readonly unknown[], nested ? shape.length - 1 : 0);
  // The storage was allocated by the row of `datatype` itself.
  return { name, datatype, shape, data } as Tensor;
}

function isJsonTensor(value: unknown): value is JsonTensor {
  return typeof value === 'object' && value !== null;
}

function fail(tensor: string, expected: string, found: string): never {
  throw new SignatureError(
    'ERR_SIGNATURE_TENSOR_INVALID',
    `tensor "${tensor}": expected ${expected}, found ${found}`,
    { problems: [{ tensor, expected, found }] },
  );
}

function readName(name: unknown): string {
  if (typeof name === 'string' && name !== '') return name;
  return fail('(unnamed)', 'a "name" that is a string and not empty', show(name));
}

function readDatatype(tensor: string, datatype: unknown): Datatype {
  if (isDatatype(datatype)) return datatype;
  return fail(tensor, `a "datatype" of ${Object.keys(datatypes).join(', ')}`, show(datatype));
}

function readShape(tensor: string, shape: unknown): readonly number[] {
  const expected = 'a "shape" that lists whole numbers from 0';
  if (!Array.isArray(shape)) return fail(tensor, expected, show(shape));
  const lengths = shape as readonly unknown[];
  if (lengths.length > 32) return fail(tensor, 'at most 32 dimensions', String(lengths.length));
  for (const length of lengths) {
    if (!Number.isSafeInteger(length) || (length as number) < 0) {
      return fail(tensor, expected, `${show(length)} in it`);
    }
  }
  const checked = lengths as readonly number[];
  if (!Number.isSafeInteger(elementCount(checked))) {
    return fail(tensor, 'fewer than 2^53 elements', `shape [${checked.join(',')}]`);
  }
  return checked;
}

/** Whether `data` is nested; throws unless it holds just the elements of `shape`, flat or nested. */
function readNesting(tensor: string, data: unknown, shape: readonly number[]): boolean {
  if (!Array.isArray(data)) return fail(tensor, '"data" that is a list', show(data));
  const nested = shape.length > 1 && Array.isArray(data[0]);
  if (nested) {
    checkNesting(tensor, data, shape, 0);
  } else if (data.length !== elementCount(shape)) {
    const expected = `${elementCount(shape)} elements for shape [${shape.join(',')}]`;
    return fail(tensor, expected, String(data.length));
  }
  return nested;
}

function checkNesting(
  tensor: string,
  values: unknown,
  shape: readonly number[],
  dimension: number,
): void {
  const length = shape[dimension] ?? 0;
  if (!Array.isArray(values) || values.length !== length) {
    fail(
      tensor,
      `lists of ${length} in dimension ${dimension} for shape [${shape.join(',')}]`,
      show(values),
    );
  }
  if (dimension + 1 === shape.length) return;
  for (const inner of values) checkNesting(tensor, inner, shape, dimension + 1);
}

type ElementReader = (value: unknown, index: number) => number | bigint | Uint8Array;

function elementReader(tensor: string, info: DatatypeInfo): ElementReader {
  const bad = (expected: string, value: unknown, index: number): never =>
    fail(tensor, `${expected} (${info.datatype})`, `${show(value)} at element ${index}`);
  const [min, max] = info.integerRange ?? [0n, 0n];
  switch (info.kind) {
    case 'boolean':
      return (value, index) => {
        if (value === true || value === 1) return 1;
        if (value === false || value === 0) return 0;
        return bad('true or false', value, index);
      };
    case 'integer': {
      const [least, greatest] = [Number(min), Number(max)];
      return (value, index) =>
        Number.isInteger(value) && (value as number) >= least && (value as number) <= greatest
          ? (value as number)
          : bad(`a whole number from ${least} to ${greatest}`, value, index);
    }
    case 'bigint':
      return (value, index) => {
        if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
          throw new ImpreciseInteger();
        }
        const whole = typeof value === 'bigint' || Number.isSafeInteger(value);
        const integer = whole ? BigInt(value as number | bigint) : undefined;
        return integer !== undefined && integer >= min && integer <= max
          ? integer
          : bad(`a whole number from ${min} to ${max}`, value, index);
      };
    case 'float':
      return floatReader(info, bad);
    case 'bytes': {
      const encoder = new TextEncoder();
      return (value, index) =>
        typeof value === 'string' && value.isWellFormed()
          ? encoder.encode(value)
          : bad('a well-formed string', value, index);
    }
  }
}

function floatReader(
  info: DatatypeInfo,
  bad: (expected: string, value: unknown, index: number) => never,
): ElementReader {
  const half = info.datatype === 'FP16';
  const single = info.datatype === 'FP32';
  return (value, index) => {
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      return bad('a finite number; send NaN and infinities as binary', value, index);
    }
    if (half) {
      const bits = numberToFloat16(value);
      return (bits & 0x7c00) === 0x7c00 ? bad('a number within ±65504', value, index) : bits;
    }
    if (single && !Number.isFinite(Math.fround(value))) {
      return bad('a number within ±3.4028235e38', value, index);
    }
    return value;
  };
}
