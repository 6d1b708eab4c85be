import { datatypes, isDatatype, type Datatype } from './datatype.ts';
import { pooledStorage } from './pooled-storage.ts';
import { checkFinite, elementsReader, type ElementsReader } from './read-elements.ts';
import { show } from './signature-error.ts';
import { failTensor as fail } from './tensor-failure.ts';
import { elementCount, type Tensor } from './tensor.ts';

/** A tensor in the JSON form of the Open Inference Protocol, not checked yet. */
interface JsonTensor {
  readonly name?: unknown;
  readonly datatype?: unknown;
  readonly shape?: unknown;
  readonly data?: unknown;
}

/**
 * Decodes a {@link Tensor} from `{name, datatype, shape, data}`; `data` is flat, or nested according to `shape`.
 *
 * The elements of an FP32 tensor may be a `Float32Array`, for readers that parse numbers by other means; they are copied.
 *
 * In a floating-point tensor `null` and `"NaN"` are NaN, `"Infinity"` and `"-Infinity"` the infinities.
 *
 * Storage is allocated after the elements were counted, so `shape` can't allocate more memory than the client sent.
 *
 * @throws SignatureError `ERR_SIGNATURE_TENSOR_INVALID` naming the tensor, the expected and the found value.
 * @throws ImpreciseInteger for a 64-bit integer that lost digits in `JSON.parse`; see `decodeJson`.
 *
 * @example
 * ```ts
 * import { decodeTensor } from '@fairlead/signature';
 *
 * const x = {
 *   name: 'x',
 *   datatype: 'FP32',
 *   shape: [2, 2],
 *   data: [
 *     [1, 2],
 *     [3, null],
 *   ],
 * };
 * console.log([...decodeTensor(x).data]); // [ 1, 2, 3, NaN ]
 * ```
 */
export function decodeTensor(json: unknown): Tensor {
  if (!isJsonTensor(json)) return fail('(unnamed)', 'an object', show(json));
  const name = readName(json.name);
  const datatype = readDatatype(name, json.datatype);
  const shape = readShape(name, json.shape);
  if (datatype === 'FP32' && json.data instanceof Float32Array) {
    checkCount(name, json.data.length, shape);
    const data = pooledStorage(datatype, json.data.length);
    data.set(json.data);
    return { name, datatype, shape, data };
  }
  const nested = readNesting(name, json.data, shape);
  const data = pooledStorage(datatype, elementCount(shape));
  const infinities = { count: 0 };
  const read = elementsReader(name, datatype, data, infinities);
  const end = fill(json.data as readonly unknown[], nested ? shape.length - 1 : 0, read, 0);
  checkFinite(name, datatype, data, end, infinities);
  // The storage was allocated for `datatype`.
  return { name, datatype, shape, data } as Tensor;
}

function isJsonTensor(value: unknown): value is JsonTensor {
  return typeof value === 'object' && value !== null;
}

/** Reads the innermost lists in order; returns the index of the next element. */
function fill(
  values: readonly unknown[],
  depth: number,
  read: ElementsReader,
  start: number,
): number {
  if (depth === 0) {
    read(values, start);
    return start + values.length;
  }
  let next = start;
  for (const inner of values) next = fill(inner as readonly unknown[], depth - 1, read, next);
  return next;
}

/** Reads the name of a tensor. */
export function readName(name: unknown): string {
  if (typeof name === 'string' && name !== '') return name;
  return fail('(unnamed)', 'a "name" that is a string and not empty', show(name));
}

/** Reads the datatype of a tensor. */
export function readDatatype(tensor: string, datatype: unknown): Datatype {
  if (isDatatype(datatype)) return datatype;
  return fail(tensor, `a "datatype" of ${Object.keys(datatypes).join(', ')}`, show(datatype));
}

/** Reads the shape of a tensor. */
export function readShape(tensor: string, shape: unknown): readonly number[] {
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

/** Returns whether `data` is nested; throws unless it has exactly the elements of `shape`, flat or nested. */
function readNesting(tensor: string, data: unknown, shape: readonly number[]): boolean {
  if (!Array.isArray(data)) return fail(tensor, '"data" that is a list', show(data));
  const nested = shape.length > 1 && Array.isArray(data[0]);
  if (nested) {
    checkNesting(tensor, data, shape, 0);
  } else {
    checkCount(tensor, data.length, shape);
  }
  return nested;
}

function checkCount(tensor: string, count: number, shape: readonly number[]): void {
  if (count === elementCount(shape)) return;
  fail(tensor, `${elementCount(shape)} elements for shape [${shape.join(',')}]`, String(count));
}

function checkNesting(
  tensor: string,
  values: unknown,
  shape: readonly number[],
  dimension: number,
): void {
  const length = shape[dimension] ?? 0;
  if (length === 1 && typeof values === 'number') {
    fail(
      tensor,
      `a list of 1 in dimension ${dimension} for shape [${shape.join(',')}]: send [${values}]`,
      show(values),
    );
  }
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
