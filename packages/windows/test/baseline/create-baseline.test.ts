import {
  type BaselineColumns,
  type BaselineOptions,
  createBaseline,
  readBaselineCsv,
  roundSum,
  withoutSensitive,
} from '@fairlead/windows';
import { expect, test } from 'vitest';
import { quantileGoldens } from '../support/goldens.ts';

const signature = {
  inputs: [
    {
      name: 'x',
      datatype: 'FP32',
      shape: [-1, 2],
      features: [{ name: 'age' }, { name: 'income' }],
    },
    { name: 'city', datatype: 'BYTES', shape: [-1] },
    { name: 'member', datatype: 'BOOL', shape: [-1, 1] },
  ],
  outputs: [
    { name: 'probabilities', datatype: 'FP32', shape: [-1, 2] },
    { name: 'label', datatype: 'INT64', shape: [-1] },
  ],
} as const;

const columns = {
  age: [31, 44, 44, '58'],
  income: [1200.1, null, NaN, Infinity],
  city: ['Bern', 'Genf', 'Bern', null],
  member: [true, 0, 'True', null],
  'probabilities[0]': [0.9, 0.2, 0.4, 0.7],
  'probabilities[1]': [0.1, 0.8, 0.6, 0.3],
  label: [0n, 1n, 1n, 0n],
};

test('features and outputs are counted by datatype, with their position in the tensors', () => {
  const { rows, sampledRows, features, outputs } = createBaseline(columns, { signature });
  expect([rows, sampledRows]).toEqual([4, 4]);
  expect(features).toMatchObject([
    {
      name: 'age',
      tensor: 'x',
      index: 0,
      datatype: 'FP32',
      bins: { kind: 'values', values: [31, 44, 58] },
      counts: { counts: [1, 2, 1], sum: [177], min: 31, max: 58 },
      mean: 44.25,
    },
    {
      name: 'income',
      index: 1,
      // A tensor of FP32 holds the nearest 32-bit number.
      bins: { values: [Math.fround(1200.1)] },
      counts: { counts: [1], missing: 3 },
      standardDeviation: 0,
    },
    {
      name: 'city',
      bins: { kind: 'categories', categories: ['Bern', 'Genf'] },
      counts: { counts: [2, 1], missing: 1, other: 0 },
    },
    {
      name: 'member',
      bins: { categories: ['false', 'true'] },
      counts: { counts: [1, 2], missing: 1 },
    },
  ]);
  expect(outputs.map(({ name, tensor, index }) => [name, tensor, index])).toEqual([
    ['probabilities[0]', 'probabilities', 0],
    ['probabilities[1]', 'probabilities', 1],
    ['label', 'label', 0],
  ]);
  expect(outputs[2]).toMatchObject({ bins: { values: [0, 1] }, counts: { counts: [2, 2] } });
});

test('columns of a single input without names are taken in order, beside the label and the outputs', () => {
  const unnamed = {
    inputs: [{ name: 'x', datatype: 'FP64', shape: [-1, 2] }],
    outputs: [{ name: 'y', datatype: 'FP64', shape: [-1] }],
  } as const;
  const table = { y: [9], mass: [1], target: [8], radius: [2] };
  const { features, outputs } = createBaseline(table, { signature: unnamed, label: 'target' });
  expect([...features, ...outputs].map(({ name, mean }) => [name, mean])).toEqual([
    ['x[0]', 1],
    ['x[1]', 2],
    ['y', 9],
  ]);
  const more = () =>
    createBaseline({ ...table, extra: [0] }, { signature: unnamed, label: 'target' });
  expect(more).toThrow('has no column "x[0]"');
});

test('a column of labels is no output, and calibrates the scores', () => {
  const options = { signature, label: 'label', scores: 'probabilities' };
  const { outputs, calibration } = createBaseline(columns, options);
  expect(outputs.map(({ name }) => name)).toEqual(['probabilities[0]', 'probabilities[1]']);
  expect(calibration?.tensor).toBe('probabilities');
  expect(calibration?.classes).toMatchObject([
    { label: '0', index: 0, counts: [1, 1, 1, 1], positives: [0, 0, 1, 1] },
    { label: '1', index: 1, counts: [1, 1, 1, 1], positives: [0, 0, 1, 1] },
  ]);
  expect(calibration?.classes[1]?.scores).toEqual([0.1, 0.3, 0.6, 0.8].map(Math.fround));
});

const oneScore = {
  signature: {
    inputs: [],
    outputs: [{ name: 'score', datatype: 'FP64', shape: [-1] }],
  },
  label: 'churned',
  scores: 'score',
} as const;

test('rows without a label are left out of the calibration', async () => {
  const table = 'score,churned\n0.1,0\n0.2,\n0.3,NaN\n0.4, True \n0.5,1.0\n';
  const { rows, calibration } = await readBaselineCsv([table], oneScore);
  expect(rows).toBe(5);
  expect(calibration?.classes).toEqual([
    { label: '1', index: 0, scores: [0.1, 0.4, 0.5], counts: [1, 1, 1], positives: [0, 1, 1] },
  ]);
  const names = [{ name: 'none' }, { name: 'some' }];
  const tensor = { name: 'p', datatype: 'FP64', shape: [-1, 2], features: names } as const;
  const named = createBaseline(
    { none: [0.9, 0.2, 0.5], some: [0.1, 0.8, 0.5], label: ['none', 'some', null] },
    { signature: { inputs: [], outputs: [tensor] }, label: 'label', scores: 'p' },
  );
  expect(named.calibration?.classes).toMatchObject([
    { label: 'none', scores: [0.2, 0.9], positives: [0, 1] },
    { label: 'some', scores: [0.1, 0.8], positives: [0, 1] },
  ]);
});

test('labels that are no class are refused, as each would count as another class', () => {
  expect(() => createBaseline({ score: [0.1, 0.9], churned: ['no', 'yes'] }, oneScore)).toThrow(
    'The training table has the label "no" in the column "churned"; labels for a single score are 1 and 0, or true and false.',
  );
  const options = { signature, label: 'label', scores: 'probabilities' };
  const cats = columns.label.map(() => 'cat');
  expect(() => createBaseline({ ...columns, label: cats }, options)).toThrow(
    'The training table has the label "cat" in the column "label", and no label of a class: "0", "1". Write labels as the signature names',
  );
  const [, ...others] = columns.label;
  const { calibration } = createBaseline({ ...columns, label: ['2', ...others] }, options);
  expect(calibration?.classes.map(({ counts }) => counts)).toEqual([
    [1, 1, 1, 1],
    [1, 1, 1, 1],
  ]);
});

test('many scores are grouped by size, and equal ones stay together', () => {
  const scores = Array.from({ length: 5000 }, (_, row) => (row < 2000 ? 0.5 : row / 5000));
  const { calibration } = createBaseline(
    { score: scores, churned: scores.map((score) => score > 0.6) },
    {
      signature: { inputs: [], outputs: [{ name: 'score', datatype: 'FP64', shape: [-1] }] },
      label: 'churned',
      scores: 'score',
    },
  );
  const [positive] = calibration?.classes ?? [];
  expect(positive?.label).toBe('1');
  expect(positive?.scores.length).toBeLessThanOrEqual(256);
  expect(positive?.counts.reduce((sum, count) => sum + count)).toBe(5000);
  expect(positive?.positives.reduce((sum, count) => sum + count)).toBe(1999);
  expect(
    positive?.counts[positive.scores.findIndex((score) => score >= 0.5)],
  ).toBeGreaterThanOrEqual(2000);
});

test.each(quantileGoldens)("mean and standard deviation of $id are NumPy's", (golden) => {
  const inputs = [{ name: 'x', datatype: 'FP64', shape: [-1] }] as const;
  const { features } = createBaseline(
    { x: golden.reference },
    { signature: { inputs, outputs: [] } },
  );
  const [feature] = features;
  const relative = (value = NaN, expected: number) => Math.abs(value / expected - 1);
  expect(relative(feature?.mean, golden.mean)).toBeLessThan(1e-12);
  expect(relative(feature?.standardDeviation, golden.standardDeviation)).toBeLessThan(1e-12);
  expect(roundSum(feature?.counts.sum ?? [])).toBeCloseTo(golden.mean * golden.reference.length, 6);
});

test('a large table is sampled, each row with the same chance, and equally on every host', () => {
  const x = Array.from({ length: 20_000 }, (_, row) => row);
  const options = {
    signature: { inputs: [{ name: 'x', datatype: 'INT32', shape: [-1] }], outputs: [] },
    maxRows: 2000,
  } as const;
  const baseline = createBaseline({ x }, options);
  expect([baseline.rows, baseline.sampledRows]).toEqual([20_000, 2000]);
  // Standard error 129.
  expect(Math.abs((baseline.features[0]?.mean ?? 0) - 10_000)).toBeLessThan(500);
  expect(createBaseline({ x }, options)).toEqual(baseline);
});

test('rare categories count as other, and the most frequent have bins', () => {
  const city = Array.from({ length: 100 }, (_, row) => (row < 60 ? `c${row % 3}` : `rare${row}`));
  const { features } = createBaseline(
    { city },
    {
      signature: { inputs: [{ name: 'city', datatype: 'BYTES', shape: [-1] }], outputs: [] },
      maxCategories: 3,
    },
  );
  expect(features[0]).toMatchObject({
    bins: { categories: ['c0', 'c1', 'c2'] },
    counts: { counts: [20, 20, 20], other: 40 },
  });
});

test('sensitive features, images and tensors of unknown width are left out', () => {
  const inputs = [
    {
      name: 'a',
      datatype: 'FP32',
      shape: [-1, 2],
      features: [{ name: 'age' }, { name: 'ssn', sensitive: true }],
    },
    { name: 'secret', datatype: 'BYTES', shape: [-1], sensitive: true },
    { name: 'image', datatype: 'FP32', shape: [-1, 3, 224, 224] },
    { name: 'wide', datatype: 'FP32', shape: [-1, 4096] },
    { name: 'ragged', datatype: 'FP32', shape: [-1, -1] },
  ] as const;
  const { features } = createBaseline({ age: [1] }, { signature: { inputs, outputs: [] } });
  expect(features.map(({ name }) => name)).toEqual(['age']);
});

test('withoutSensitive leaves out features, outputs and scores, and returns a baseline without any as it is', () => {
  const x = { name: 'x', datatype: 'FP32', shape: [-1, 2] } as const;
  const y = { name: 'y', datatype: 'FP32', shape: [-1] } as const;
  const table = { 'x[0]': [1, 2], 'x[1]': [3, 4], y: [0.25, 0.75], label: [0, 1] };
  const options = { signature: { inputs: [x], outputs: [y] }, label: 'label', scores: 'y' };
  const baseline = createBaseline(table, options);
  expect(baseline.calibration?.classes).toHaveLength(1);
  expect(withoutSensitive(baseline, options.signature)).toBe(baseline);
  const features = [{ name: 'age' }, { name: 'ssn', sensitive: true }];
  const rest = withoutSensitive(baseline, {
    inputs: [{ ...x, features }],
    outputs: [{ ...y, sensitive: true }],
  });
  expect(rest).toEqual({ rows: 2, sampledRows: 2, features: [baseline.features[0]], outputs: [] });
});

test.each<[BaselineColumns, Partial<BaselineOptions>, string, string]>([
  [{}, {}, 'TABLE_INVALID', 'has no column "age"'],
  [
    { ...columns, age: [1] },
    {},
    'TABLE_INVALID',
    'The column "income" of the training table has 4 rows, and the first one 1',
  ],
  [
    { ...columns, age: [1, 2, 'old', 4] },
    {},
    'TABLE_INVALID',
    'Row 3 of the training table has "old" in the column "age", which holds FP32',
  ],
  [
    { ...columns, city: [1, 2, {}, 4] },
    {},
    'TABLE_INVALID',
    'Row 3 of the training table has object in the column "city"',
  ],
  [columns, { label: 'churned' }, 'TABLE_INVALID', 'has no column "churned"'],
  [columns, { scores: 'probabilities' }, 'INVALID_OPTION', 'scores need the option label'],
  [
    columns,
    { scores: 'p', label: 'label' },
    'INVALID_OPTION',
    'has no output "p" for the scores; it has probabilities, label',
  ],
  [
    columns,
    { maxRows: 0 },
    'INVALID_OPTION',
    'maxRows must be an integer from 1 to 10000000, got 0',
  ],
  [
    columns,
    { signature: {} as never },
    'INVALID_OPTION',
    'signature must have lists of inputs and outputs',
  ],
  [null as never, {}, 'INVALID_OPTION', 'columns must be an object of columns by name, got null'],
])('invalid input is rejected with its value: %#', (given, options, code, message) => {
  const create = () => createBaseline(given, { signature, ...options });
  expect(create).toThrow(message);
  expect(create).toThrow(expect.objectContaining({ code: `ERR_WINDOWS_${code}` }) as Error);
});

test('a table without rows has no baseline', () => {
  const empty = Object.fromEntries(Object.keys(columns).map((name) => [name, []]));
  expect(() => createBaseline(empty, { signature })).toThrow('The training table has no rows');
});
