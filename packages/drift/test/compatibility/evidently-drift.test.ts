import { readFileSync } from 'node:fs';
import {
  DriftError,
  evidentlyDrift,
  type ColumnSamples,
  type EvidentlyTest,
} from '@fairlead/drift';
import { describe, expect, test } from 'vitest';
import { histogram, histogramEdges } from '../../src/compatibility/numpy.ts';
import { numbersOf, readGoldens } from '../support/goldens.ts';
import { readTable } from '../support/read-table.ts';

interface Verdict {
  readonly score: number | string;
  readonly drifted: boolean;
  readonly threshold: number;
}

const goldens = [...readGoldens('numerical'), ...readGoldens('categorical')];
const columnOf = ({
  kind,
  reference,
  current,
  dtype,
}: (typeof goldens)[number]): ColumnSamples => ({
  kind: kind === 'numerical' ? 'numbers' : 'categories',
  reference,
  current,
  wholeNumbers: dtype === 'int64',
});

function expectScore(found: number, expected: number | string): void {
  if (expected === 'NaN') {
    expect(found).toBeNaN();
    return;
  }
  expect(Math.abs(found - Number(expected))).toBeLessThanOrEqual(1e-9);
}

describe.each(goldens)('Evidently on $id', (golden) => {
  const { default_test: defaultTest, report_score: reportScore, ...tests } = golden.evidently;

  test.each(Object.entries(tests) as [EvidentlyTest, Verdict][])('%s', (name, expected) => {
    const found = evidentlyDrift(columnOf(golden), { test: name });
    expectScore(found.score, expected.score);
    expect(found).toMatchObject({ drifted: expected.drifted, threshold: expected.threshold });
    // Tails keep their digits.
    if (name !== 'z' && Number(expected.score) > 0) {
      expect(found.score / Number(expected.score)).toBeCloseTo(1, 6);
    }
  });

  test('the test that it chooses', () => {
    const found = evidentlyDrift(columnOf(golden));
    expect(found.test).toBe(defaultTest);
    expectScore(found.score, reportScore as number | string);
  });
});

interface CarLoan {
  readonly numerical: readonly string[];
  readonly results: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          {
            readonly rows: readonly number[];
            readonly columns: Readonly<Record<string, Verdict & { readonly method: string }>>;
          }
        >
      >
    >
  >;
}

const carLoan = JSON.parse(
  readFileSync(new URL('../goldens/car-loan/evidently-drift.json', import.meta.url), 'utf8'),
) as CarLoan;
const referenceTable = readTable('car-loan/reference');
const analysisTable = readTable('car-loan/analysis');
const methods: Readonly<Record<string, EvidentlyTest>> = {
  'Wasserstein distance (normed)': 'wasserstein',
  'Jensen-Shannon distance': 'jensenshannon',
  'K-S p_value': 'ks',
  'chi-square p_value': 'chisquare',
  'Z-test p_value': 'z',
};

const windows: Readonly<Record<string, (column: string) => readonly string[]>> = {
  analysis: (column) => analysisTable[column] ?? [],
  'analysis first half': (column) => (analysisTable[column] ?? []).slice(0, 2_500),
  'analysis second half': (column) => (analysisTable[column] ?? []).slice(2_500),
  'analysis rows 0..499': (column) => (analysisTable[column] ?? []).slice(0, 500),
  'analysis rows 4500..4999': (column) => (analysisTable[column] ?? []).slice(4_500),
  'reference against itself': (column) => referenceTable[column] ?? [],
};

const cases = Object.entries(carLoan.results).flatMap(([reference, byWindow]) =>
  Object.entries(byWindow).map(([window, expected]) => ({ reference, window, expected })),
);

test.each(cases)(
  'Evidently on the car loans: $window against $reference',
  ({ window, expected }) => {
    const [referenceRows = 0, currentRows = 0] = expected.rows;
    const select = windows[window];
    if (select === undefined) throw new Error(`unknown window ${window}`);
    for (const [column, verdict] of Object.entries(expected.columns)) {
      const isNumber = carLoan.numerical.includes(column);
      const read = (values: readonly string[]): ColumnSamples['reference'] =>
        isNumber ? values.map(Number) : values;
      const current = read(select(column));
      const found = evidentlyDrift({
        kind: isNumber ? 'numbers' : 'categories',
        reference: read((referenceTable[column] ?? []).slice(0, referenceRows)),
        current,
      });
      expect(current).toHaveLength(currentRows);
      expect([column, found.test, found.drifted]).toEqual([
        column,
        methods[verdict.method],
        verdict.drifted,
      ]);
      expectScore(found.score, verdict.score);
    }
  },
);

test('bins are those of NumPy', () => {
  for (const golden of readGoldens('numerical')) {
    const [reference, current] = [numbersOf(golden.reference), numbersOf(golden.current)];
    for (const [name, values, rule] of [
      ['sturges_union', [...reference, ...current], 'sturges'],
      ['doane_reference', reference, 'doane'],
    ] as const) {
      const binned = golden.binned[name];
      if (binned === undefined) continue;
      const edges = histogramEdges(values, rule, golden.dtype === 'int64' && rule === 'sturges');
      expect([golden.id, name, edges]).toEqual([golden.id, name, binned.edges]);
      expect(histogram(current, edges)).toEqual(binned.current_counts.slice(1, -1));
    }
  }
});

test.each<[unknown, unknown, RegExp]>([
  [undefined, {}, /expected an object of options, got undefined/],
  [
    { kind: 'number', reference: [], current: [] },
    {},
    /kind must be 'numbers' or 'categories', got "number"/,
  ],
  [{ kind: 'numbers', reference: 1, current: [] }, {}, /reference must be an array, got 1/],
  [{ kind: 'numbers', reference: [], current: ['a'] }, {}, /"a" of current is not a number/],
  [
    { kind: 'numbers', reference: [], current: [] },
    { test: 'kss' },
    /test "kss" is unknown. Known are ks,/,
  ],
  [
    { kind: 'numbers', reference: [], current: [] },
    { threshold: -1 },
    /threshold must be a number from 0/,
  ],
])('arguments %j, %j are rejected with a message that says why', (column, options, message) => {
  const call = (): unknown => evidentlyDrift(column as never, options as never);
  expect(call).toThrow(message);
  expect(call).toThrow(DriftError);
});

test('a sample without values has no score', () => {
  expect(
    evidentlyDrift({ kind: 'numbers', reference: [1, 2], current: [null, NaN] }),
  ).toMatchObject({ score: NaN, drifted: false });
});
