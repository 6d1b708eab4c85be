import { readFileSync } from 'node:fs';
import { DriftError, nannymlDrift, type ColumnSamples, type NannymlMethod } from '@fairlead/drift';
import { describe, expect, test } from 'vitest';
import { readGoldens } from '../support/goldens.ts';
import { readTable } from '../support/read-table.ts';

interface Verdict {
  readonly value: number;
  readonly alert: boolean;
  readonly upper_threshold_10_chunks: number | null;
}

function expectClose(found: number | null, expected: number | null): void {
  if (found === null || expected === null) {
    expect(found).toBe(expected);
    return;
  }
  expect(Math.abs(found - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(expected)));
}

const goldens = [...readGoldens('numerical'), ...readGoldens('categorical')];

describe.each(goldens)('NannyML on $id', ({ kind, reference, current, nannyml }) => {
  const { version, ...methods } = nannyml;
  const column = {
    kind: kind === 'numerical' ? 'numbers' : 'categories',
    reference,
    current,
  } as const;

  test.each(Object.entries(methods) as [NannymlMethod, Verdict][])(
    `%s of version ${String(version)}`,
    (method, expected) => {
      const found = nannymlDrift(column, {
        method,
        chunkSize: Math.floor(reference.length / 10),
        currentChunkSize: current.length,
      });
      const [chunk] = found.chunks;
      expectClose(chunk?.value ?? NaN, expected.value);
      expectClose(found.upperThreshold, expected.upper_threshold_10_chunks);
      expect(chunk?.alert).toBe(expected.alert);
    },
  );
});

interface ChunkValues {
  readonly reference_values: readonly number[];
  readonly analysis_values: readonly number[];
  readonly upper_threshold: number | null;
  readonly analysis_alerts: readonly boolean[];
}

const carLoan = JSON.parse(
  readFileSync(new URL('../goldens/car-loan/nannyml-drift.json', import.meta.url), 'utf8'),
) as { readonly columns: Readonly<Record<string, Readonly<Record<string, ChunkValues>>>> };
const referenceTable = readTable('car-loan/reference');
const analysisTable = readTable('car-loan/analysis');
const cases = Object.entries(carLoan.columns).flatMap(([column, methods]) =>
  Object.entries(methods).map(([method, expected]) => ({
    column,
    method: method as NannymlMethod,
    expected,
  })),
);

test.each(cases)('NannyML on the car loans: $method of $column', ({ column, method, expected }) => {
  const isNumber = 'wasserstein' in (carLoan.columns[column] ?? {});
  const read = (values: readonly string[] = []): ColumnSamples['reference'] =>
    isNumber ? values.map(Number) : values;
  const found = nannymlDrift(
    {
      kind: isNumber ? 'numbers' : 'categories',
      reference: read(referenceTable[column]),
      current: read(analysisTable[column]),
    },
    { method, chunkSize: 500 },
  );
  expect(found.chunks.map(({ alert }) => alert)).toEqual(expected.analysis_alerts);
  expectClose(found.upperThreshold, expected.upper_threshold);
  for (const [index, { value }] of found.chunks.entries()) {
    expectClose(value, expected.analysis_values[index] ?? NaN);
  }
  for (const [index, value] of found.reference.entries()) {
    expectClose(value, expected.reference_values[index] ?? NaN);
  }
});

const column = { kind: 'numbers', reference: [1, 2], current: [1, 2] } as const;
test.each<[unknown, unknown, RegExp]>([
  [column, {}, /option method is missing/],
  [column, { method: 'ks', chunkSize: 1 }, /method "ks" is unknown. Known are kolmogorov_smirnov,/],
  [column, { method: 'chi2', chunkSize: 1 }, /method chi2 doesn't apply to numbers/],
  [
    { ...column, kind: 'categories' },
    { method: 'wasserstein', chunkSize: 1 },
    /doesn't apply to categories/,
  ],
  [column, { method: 'hellinger', chunkSize: 0 }, /chunkSize must be an integer from 1/],
  [
    column,
    { method: 'hellinger', chunkSize: 1, currentChunkSize: 0.5 },
    /currentChunkSize must be an integer/,
  ],
])('arguments %j, %j are rejected with a message that says why', (samples, options, message) => {
  const call = (): unknown => nannymlDrift(samples as never, options as never);
  expect(call).toThrow(message);
  expect(call).toThrow(DriftError);
});
