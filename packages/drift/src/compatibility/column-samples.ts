import { describeValue } from '@fairlead/signature';
import { checkOptions, invalidOption } from '../check-options.ts';

/** Value of a column; null and NaN are missing. */
export type ColumnValue = number | string | boolean | null;

/** Values of a column in the reference data and in current data. */
export interface ColumnSamples {
  readonly kind: 'numbers' | 'categories';
  readonly reference: readonly ColumnValue[];
  readonly current: readonly ColumnValue[];
  /** Set where pandas has a column of whole numbers: NumPy then makes wider bins. @defaultValue false */
  readonly wholeNumbers?: boolean;
}

const names = {
  kind: 'required',
  reference: 'required',
  current: 'required',
  wholeNumbers: 'optional',
} as const;

/** @throws DriftError `ERR_DRIFT_INVALID_OPTION` naming the member of the column that is missing or of another type */
export function checkColumn(name: string, column: ColumnSamples): ColumnSamples {
  const { kind, ...samples } = checkOptions<ColumnSamples>(name, column, names);
  const given: unknown = kind;
  if (given !== 'numbers' && given !== 'categories') {
    throw invalidOption(
      `${name}: kind must be 'numbers' or 'categories', got ${describeValue(given)}.`,
    );
  }
  for (const side of ['reference', 'current'] as const) {
    const values: unknown = samples[side];
    if (!Array.isArray(values)) {
      throw invalidOption(`${name}: ${side} must be an array, got ${describeValue(values)}.`);
    }
    const wrong: unknown =
      kind === 'numbers' && values.find((value) => value !== null && typeof value !== 'number');
    if (wrong !== false && wrong !== undefined) {
      throw invalidOption(`${name}: ${describeValue(wrong)} of ${side} is not a number.`);
    }
  }
  return column;
}

/** Values that are not missing. */
export function presentValues(
  values: readonly ColumnValue[],
): readonly (number | string | boolean)[] {
  return values.filter((value) => value !== null && !Number.isNaN(value)) as (
    number | string | boolean
  )[];
}

/** Numbers that are not missing. */
export function presentNumbers(values: readonly ColumnValue[]): readonly number[] {
  return values.filter((value) => typeof value === 'number' && !Number.isNaN(value)) as number[];
}

/** Counts of the distinct values of two samples, in ascending order of the values. */
export function countDistinct(
  reference: readonly ColumnValue[],
  current: readonly ColumnValue[],
): { readonly reference: readonly number[]; readonly current: readonly number[] } {
  const keys = [...new Set([...reference, ...current])].sort(ascending);
  const countsOf = (values: readonly ColumnValue[]): readonly number[] => {
    const counts = new Map<ColumnValue, number>();
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
    return keys.map((key) => counts.get(key) ?? 0);
  };
  return { reference: countsOf(reference), current: countsOf(current) };
}

function ascending(a: ColumnValue, b: ColumnValue): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a) < String(b) ? -1 : 1;
}
