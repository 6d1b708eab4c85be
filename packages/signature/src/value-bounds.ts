/** A test of single values, with the range or the categories that it compares with. */
export interface ValueTest {
  readonly expected: string;
  /** Set if the test is a range of values only. */
  readonly range?: { readonly min: number; readonly max: number };
  /** Set if the test is a list of values only. */
  readonly categories?: readonly (number | string)[];
  readonly allows: (value: number | string) => boolean;
}

const MAX_TABLE_LENGTH = 65_536;
const MAX_TABLES_BYTES = 16 * 1024 * 1024;

/** Allowed values of each column. */
export interface Bounds {
  readonly min: Float64Array;
  readonly max: Float64Array;
  /** 1 where a column has no test. */
  readonly isFree: Uint8Array;
  /** For columns with categories: 1 for each allowed integer, from `min` up. */
  readonly tables: readonly (Uint8Array | undefined)[];
  readonly hasTables: boolean;
}

/** Returns the bounds of the columns; undefined if categories of a column aren't integers, or are too far apart. */
export function boundsOf(columns: readonly (readonly ValueTest[])[]): Bounds | undefined {
  const minimum = new Float64Array(columns.length).fill(-Infinity);
  const maximum = new Float64Array(columns.length).fill(Infinity);
  const tables: (Uint8Array | undefined)[] = [];
  let tablesBytes = 0;
  for (const [column, tests] of columns.entries()) {
    let [min, max, hasCategories] = [-Infinity, Infinity, false];
    for (const { range, categories } of tests) {
      min = Math.max(min, range?.min ?? -Infinity);
      max = Math.min(max, range?.max ?? Infinity);
      if (categories === undefined) continue;
      if (!categories.every(Number.isSafeInteger)) return undefined;
      hasCategories = true;
      for (const [index, value] of [...(categories as number[])].sort((a, b) => a - b).entries()) {
        if (index === 0) min = Math.max(min, value);
        if (index === categories.length - 1) max = Math.min(max, value);
      }
    }
    if (hasCategories) {
      min = Math.ceil(min);
      const length = Math.max(0, Math.floor(max) - min + 1);
      tablesBytes += length;
      if (length > MAX_TABLE_LENGTH || tablesBytes > MAX_TABLES_BYTES) return undefined;
      tables[column] = Uint8Array.from({ length }, (_, offset) =>
        Number(tests.every((test) => test.allows(min + offset))),
      );
    } else tables[column] = undefined;
    minimum[column] = min;
    maximum[column] = max;
  }
  const isFree = Uint8Array.from(columns, (tests) => Number(tests.length === 0));
  return { min: minimum, max: maximum, isFree, tables, hasTables: tablesBytes > 0 };
}

/** Numbers are copied into this block, so that the loops read one kind of array: with several kinds they are ten times slower. */
let block = new Float64Array(8192);

/** Returns the index of the first row that has a value outside of its bounds; the number of values if there is none. */
export function firstRowOutside(
  values: Float64Array | Float32Array | BigInt64Array,
  bounds: Bounds,
): number {
  const width = bounds.min.length;
  if (width > block.length) block = new Float64Array(width);
  const length = block.length - (block.length % width);
  const scan = bounds.hasTables ? firstRowNotAllowed : firstRowOutOfRange;
  for (let start = 0; start < values.length; start += length) {
    const count = Math.min(length, values.length - start);
    if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
      for (let index = 0; index < count; index++) block[index] = Number(values[start + index]);
    } else block.set(count === values.length ? values : values.subarray(start, start + count));
    const found = scan(count, bounds);
    if (found < count) return start + found;
  }
  return values.length;
}

function firstRowOutOfRange(count: number, { min, max, isFree }: Bounds): number {
  const width = min.length;
  for (let index = 0; index < count; index += width) {
    for (let column = 0; column < width; column++) {
      const value = block[index + column] ?? NaN;
      // In this form NaN is outside of every range.
      if (value >= (min[column] ?? 0) && value <= (max[column] ?? 0)) continue;
      if (isFree[column] !== 1) return index;
    }
  }
  return count;
}

function firstRowNotAllowed(count: number, { min, max, isFree, tables }: Bounds): number {
  const width = min.length;
  for (let index = 0; index < count; index += width) {
    for (let column = 0; column < width; column++) {
      const value = block[index + column] ?? NaN;
      const start = min[column] ?? 0;
      if (value >= start && value <= (max[column] ?? 0)) {
        const table = tables[column];
        if (table === undefined || table[value - start] === 1) continue;
      } else if (isFree[column] === 1) continue;
      return index;
    }
  }
  return count;
}
