import { describeValue } from '@fairlead/signature';
import { checkInteger, checkOptions, invalidOption } from '../check-options.ts';
import { checkColumn, type ColumnSamples, type ColumnValue } from './column-samples.ts';
import { nannymlMethods, type MethodValue, type NannymlMethod } from './nannyml-methods.ts';
import { mean, standardDeviation } from './numpy.ts';

/** Options of {@link nannymlDrift}. */
export interface NannymlOptions {
  /** Method; `kolmogorov_smirnov` and `wasserstein` are for numbers, `chi2` and `l_infinity` for categories, `jensen_shannon` and `hellinger` for both. */
  readonly method: NannymlMethod;
  /** Rows of a chunk; the last one may have fewer. */
  readonly chunkSize: number;
  /** Rows of a chunk of the current data. @defaultValue `chunkSize` */
  readonly currentChunkSize?: number;
}

/** Verdicts of NannyML on the chunks of a column. */
export interface NannymlDrift {
  /** Value of each chunk of the reference data. */
  readonly reference: readonly number[];
  /** Mean and three standard deviations of these; null for chi-square, which alerts by its probability. */
  readonly upperThreshold: number | null;
  /** Value and verdict of each chunk of the current data. */
  readonly chunks: readonly { readonly value: number; readonly alert: boolean }[];
}

const ofNumbers: ReadonlySet<NannymlMethod> = new Set(['kolmogorov_smirnov', 'wasserstein']);
const ofCategories: ReadonlySet<NannymlMethod> = new Set(['chi2', 'l_infinity']);

/**
 * Computes values, thresholds and alerts as NannyML 0.13 does, for teams that compare; for new work use {@link judgeDrift}.
 *
 * Reproduces also what is odd in them: rounding makes identical data differ by 1e-8, and from 10,000 rows of reference data on distances are
 * approximated.
 *
 * @throws DriftError `ERR_DRIFT_INVALID_OPTION` naming the option or the member of the column
 *
 * @example
 * ```ts
 * import { nannymlDrift } from '@fairlead/drift';
 *
 * const reference = Array.from({ length: 400 }, (_, row) => (row * 7) % 50);
 * const current = reference.map((value) => value + 10);
 * const options = { method: 'wasserstein', chunkSize: 200 } as const;
 * const { chunks } = nannymlDrift({ kind: 'numbers', reference, current }, options);
 * console.log(chunks); // [ { value: 10, alert: true }, { value: 10, alert: true } ]
 * ```
 */
export function nannymlDrift(column: ColumnSamples, options: NannymlOptions): NannymlDrift {
  const { kind, reference, current } = checkColumn('nannymlDrift', column);
  const {
    method,
    chunkSize,
    currentChunkSize = chunkSize,
  } = checkOptions('nannymlDrift', options, {
    method: 'required',
    chunkSize: 'required',
    currentChunkSize: 'optional',
  });
  checkMethod(method, kind);
  checkInteger('nannymlDrift: chunkSize', chunkSize, 1, Number.MAX_SAFE_INTEGER);
  checkInteger('nannymlDrift: currentChunkSize', currentChunkSize, 1, Number.MAX_SAFE_INTEGER);
  const measure = nannymlMethods[method](reference, kind);
  const values = split(reference, chunkSize).map((chunk) => measure(chunk).value);
  const upperThreshold = method === 'chi2' ? null : mean(values) + 3 * standardDeviation(values);
  const alerts = ({ value, p = 1 }: MethodValue): boolean =>
    upperThreshold === null ? p < 0.05 : value > upperThreshold;
  const chunks = split(current, currentChunkSize).map((chunk) => {
    const measured = measure(chunk);
    return { value: measured.value, alert: alerts(measured) };
  });
  return { reference: values, upperThreshold, chunks };
}

function checkMethod(method: NannymlMethod, kind: ColumnSamples['kind']): void {
  const known = Object.keys(nannymlMethods);
  if (!known.includes(method)) {
    throw invalidOption(
      `nannymlDrift: method ${describeValue(method)} is unknown. Known are ${known.join(', ')}.`,
    );
  }
  const other = kind === 'numbers' ? ofCategories : ofNumbers;
  if (!other.has(method)) return;
  throw invalidOption(
    `nannymlDrift: method ${method} doesn't apply to ${kind}. Use jensen_shannon, or pass the column as ${kind === 'numbers' ? 'categories' : 'numbers'}.`,
  );
}

function split(values: readonly ColumnValue[], size: number): readonly (readonly ColumnValue[])[] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, chunk) =>
    values.slice(chunk * size, (chunk + 1) * size),
  );
}
