import type { Datatype } from './datatype.ts';
import { float16ToNumber } from './float16.ts';
import type { Tensor } from './tensor.ts';
import { boundsOf, firstRowOutside, type ValueTest } from './value-bounds.ts';

/** Finds the index of the first row that may have a value which a test rejects; the number of values if there is none. */
export type ValueScan = (tensor: Tensor) => number;

/** Fewer values are tested one by one: building the tables takes about as long. */
const MIN_VALUES = 65_536;
/** Tables of bit patterns up to this size are built in 20 ms. */
const MAX_BIT_TABLES_BYTES = 8 * 65_536;

/** Number of each bit pattern. */
const NUMBER_OF_BITS: Partial<Record<Datatype, (bits: number) => number>> = {
  BOOL: (bits) => bits,
  UINT8: (bits) => bits,
  INT8: (bits) => (bits << 24) >> 24,
  UINT16: (bits) => bits,
  INT16: (bits) => (bits << 16) >> 16,
  FP16: float16ToNumber,
};

/**
 * Creates a scan of many values by tables and bounds, without a function call per value: there can be millions.
 *
 * @param columns - tests of each column along the last dimension
 */
export function createValueScan(
  datatype: Datatype,
  columns: readonly (readonly ValueTest[])[],
): ValueScan {
  const numberOfBits = NUMBER_OF_BITS[datatype];
  const patterns = datatype === 'BOOL' || datatype.endsWith('INT8') ? 256 : 65_536;
  if (numberOfBits !== undefined && columns.length * patterns <= MAX_BIT_TABLES_BYTES) {
    return scanOfBits(numberOfBits, patterns, columns);
  }
  const bounds = datatype === 'BYTES' ? undefined : boundsOf(columns);
  if (bounds === undefined) return () => 0;
  if (datatype !== 'FP16') return ({ data }) => firstRowOutside(data as Float64Array, bounds);
  return ({ data }) =>
    data.length < MIN_VALUES ? 0 : firstRowOutside(toNumbers(data as Uint16Array), bounds);
}

let numberOfHalf: Float32Array | undefined;

function toNumbers(halves: Uint16Array): Float32Array {
  numberOfHalf ??= Float32Array.from({ length: 65_536 }, (_, bits) => float16ToNumber(bits));
  const numbers = new Float32Array(halves.length);
  for (let index = 0; index < halves.length; index++) {
    numbers[index] = numberOfHalf[halves[index] ?? 0] ?? 0;
  }
  return numbers;
}

/** Creates a scan by tables of all bit patterns, which are built when the first large tensor is scanned. */
function scanOfBits(
  numberOfBits: (bits: number) => number,
  patterns: number,
  columns: readonly (readonly ValueTest[])[],
): ValueScan {
  let tables: readonly Uint8Array[] | undefined;
  return ({ data }) => {
    const { buffer, byteOffset, length } = data as Uint8Array;
    if (length < MIN_VALUES) return 0;
    tables ??= columns.map((tests) =>
      Uint8Array.from({ length: patterns }, (_, bits) => {
        const value = numberOfBits(bits);
        return Number(tests.every((test) => test.allows(value)));
      }),
    );
    const bits =
      patterns === 256
        ? new Uint8Array(buffer, byteOffset, length)
        : new Uint16Array(buffer, byteOffset, length);
    return firstRowNotInTables(bits, tables);
  };
}

function firstRowNotInTables(
  bits: Uint8Array | Uint16Array,
  tables: readonly Uint8Array[],
): number {
  const [only] = tables;
  let index = 0;
  if (tables.length === 1 && only !== undefined) {
    while (index < bits.length && only[bits[index] ?? 0] === 1) index += 1;
    return index;
  }
  while (index < bits.length) {
    for (let column = 0; column < tables.length; column++) {
      if (tables[column]?.[bits[index + column] ?? 0] !== 1) return index;
    }
    index += tables.length;
  }
  return index;
}
