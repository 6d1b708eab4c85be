/** A test of single values, and what it consists of. */
export interface ValueTest {
  readonly expected: string;
  /** Set where it is a range of values, and nothing else. */
  readonly range?: { readonly min: number; readonly max: number };
  /** Set where it is a list of values, and nothing else. */
  readonly categories?: readonly (number | string)[];
  readonly allows: (value: number | string) => boolean;
}

const MAX_TABLE_LENGTH = 65_536;
const MAX_TABLES_BYTES = 16 * 1024 * 1024;

/** What each column allows. */
export interface Bounds {
  readonly least: Float64Array;
  readonly greatest: Float64Array;
  /** 1 where a column has no test. */
  readonly isFree: Uint8Array;
  /** Which whole numbers are allowed from `least` on, for columns with categories. */
  readonly tables: readonly (Uint8Array | undefined)[];
  readonly hasTables: boolean;
}

/** Undefined where a column has categories that are no whole numbers, or that lie too far apart. */
export function boundsOf(columns: readonly (readonly ValueTest[])[]): Bounds | undefined {
  const least = new Float64Array(columns.length).fill(-Infinity);
  const greatest = new Float64Array(columns.length).fill(Infinity);
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
    least[column] = min;
    greatest[column] = max;
  }
  const isFree = Uint8Array.from(columns, (tests) => Number(tests.length === 0));
  return { least, greatest, isFree, tables, hasTables: tablesBytes > 0 };
}

/** Numbers are copied here, so that the loops see one kind of array: for several kinds they are ten times as slow. */
let block = new Float64Array(8192);

/** Where the first row starts that has a value outside of its bounds; behind the last one without any. */
export function firstRowOutside(
  values: Float64Array | Float32Array | BigInt64Array,
  bounds: Bounds,
): number {
  const width = bounds.least.length;
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

function firstRowOutOfRange(count: number, { least, greatest, isFree }: Bounds): number {
  const width = least.length;
  for (let index = 0; index < count; index += width) {
    for (let column = 0; column < width; column++) {
      const value = block[index + column] ?? NaN;
      // Written so that NaN is outside of every range.
      if (value >= (least[column] ?? 0) && value <= (greatest[column] ?? 0)) continue;
      if (isFree[column] !== 1) return index;
    }
  }
  return count;
}

function firstRowNotAllowed(count: number, { least, greatest, isFree, tables }: Bounds): number {
  const width = least.length;
  for (let index = 0; index < count; index += width) {
    for (let column = 0; column < width; column++) {
      const value = block[index + column] ?? NaN;
      const min = least[column] ?? 0;
      if (value >= min && value <= (greatest[column] ?? 0)) {
        const table = tables[column];
        if (table === undefined || table[value - min] === 1) continue;
      } else if (isFree[column] === 1) continue;
      return index;
    }
  }
  return count;
}
