import { readBaselineCsv, readBaselineRows, createBaseline } from '@fairlead/windows';
import type { Tensor } from '@fairlead/signature';
import { expect, test } from 'vitest';

const signature = {
  inputs: [
    {
      name: 'x',
      datatype: 'FP32',
      shape: [-1, 2],
      features: [{ name: 'age' }, { name: 'ssn', sensitive: true }],
    },
    { name: 'city', datatype: 'BYTES', shape: [-1] },
    { name: 'member', datatype: 'BOOL', shape: [-1, 1] },
    { name: 'visits', datatype: 'INT64', shape: [-1] },
  ],
  outputs: [
    { name: 'scores', datatype: 'FP64', shape: [-1, 2] },
    { name: 'class', datatype: 'BYTES', shape: [-1] },
    { name: 'large', datatype: 'BOOL', shape: [-1] },
    { name: 'count', datatype: 'INT64', shape: [-1, 1] },
    { name: 'secret', datatype: 'FP32', shape: [-1], sensitive: true },
  ],
} as const;

const numbers = (tensor: Tensor | undefined): readonly number[] =>
  Array.from((tensor?.data ?? []) as ArrayLike<number>, Number);

/** A model whose outputs depend on each of its inputs, and the numbers of rows of its requests. */
function model() {
  const requests: number[] = [];
  const predict = (inputs: readonly Tensor[]): Promise<readonly Tensor[]> => {
    const [x, city, member, visits] = inputs;
    expect(inputs.map(({ name, datatype }) => `${name} ${datatype}`)).toEqual(
      signature.inputs.map(({ name, datatype }) => `${name} ${datatype}`),
    );
    const rows = visits?.shape[0] ?? 0;
    requests.push(rows);
    const ages = numbers(x);
    const places = (city?.data ?? []) as readonly Uint8Array[];
    const count = numbers(visits);
    const scores = Array.from({ length: 2 * rows }, (_, at) => (ages[at] ?? 0) + (at % 2));
    return Promise.resolve([
      { name: 'large', datatype: 'BOOL', shape: [rows], data: Uint8Array.from(numbers(member)) },
      { name: 'scores', datatype: 'FP64', shape: [rows, 2], data: Float64Array.from(scores) },
      { name: 'class', datatype: 'BYTES', shape: [rows], data: places },
      {
        ...{ name: 'count', datatype: 'INT64', shape: [rows, 1] },
        data: BigInt64Array.from(count, (value) => BigInt(value) * 2n),
      },
    ] as readonly Tensor[]);
  };
  return { requests, predict };
}

const rowOf = (row: number) => [row % 50, 1000 + row, `city ${row % 3}`, row % 2 === 0, row % 7];
const names = ['age', 'ssn', 'city', 'member', 'visits'];

test('outputs without a column are computed by the model, from all inputs, in requests of 256 rows', async () => {
  const rows = Array.from({ length: 600 }, (_, row) => rowOf(row));
  const { predict, requests } = model();
  const found = await readBaselineRows(names, rows, { signature, predict });
  expect(requests).toEqual([256, 256, 88]);
  const column = (index: number) => rows.map((row) => row[index]);
  const expected = createBaseline(
    {
      ...Object.fromEntries(names.map((name, index) => [name, column(index)])),
      'scores[0]': column(0),
      'scores[1]': rows.map((_, row) => 1001 + row),
      class: column(2),
      large: column(3),
      count: rows.map((_, row) => 2 * (row % 7)),
    },
    { signature },
  );
  expect(found).toEqual(expected);
  expect(JSON.stringify(found)).not.toMatch(/ssn|secret/);

  const csv = [names.join(','), ...rows.map((row) => row.join(','))].join('\n');
  expect(await readBaselineCsv([csv], { signature, predict: model().predict })).toEqual(expected);
});

test('outputs with a column are taken from the table, and a label of the name of an output is none', async () => {
  const given = ['scores[0]', 'scores[1]', 'large', 'count', 'class'];
  const { predict, requests } = model();
  const rows = [[...rowOf(3), 7, 8, true, 9, 'from the table']];
  const complete = { signature, predict };
  const { outputs } = await readBaselineRows([...names, ...given], rows, complete);
  expect(outputs.map(({ name, bins }) => ('categories' in bins ? bins.categories : name))).toEqual([
    'scores[0]',
    'scores[1]',
    ['from the table'],
    ['false', 'true'],
    'count',
  ]);
  expect(requests).toEqual([]);
  const labelled = await readBaselineRows([...names, ...given], rows, {
    ...complete,
    label: 'class',
  });
  const { bins } = labelled.outputs.find(({ name }) => name === 'class') ?? {};
  expect(bins).toMatchObject({ categories: ['city 0'] });
  expect(requests).toEqual([1]);
});

test('the columns of a single input without names are passed to the model in order, in requests of its fixed size', async () => {
  const spec = { datatype: 'FP32', shape: [1, 2] } as const;
  const fixed = {
    inputs: [{ name: 'x', ...spec }],
    outputs: [{ name: 'sum', datatype: 'FP32', shape: [1] }],
  } as const;
  const shapes: unknown[] = [];
  const predict = ([x]: readonly Tensor[]): Promise<readonly Tensor[]> => {
    shapes.push(x?.shape);
    const [a = 0, b = 0] = numbers(x);
    const data = Float32Array.of(10 * a + b);
    return Promise.resolve([{ name: 'sum', datatype: 'FP32', shape: [1], data }]);
  };
  const options = { signature: fixed, predict, label: 'label' };
  const csv = 'a,label,b\n1,x,2\n3,y,4\n';
  const { features, outputs } = await readBaselineCsv([csv], options);
  expect(shapes).toEqual([
    [1, 2],
    [1, 2],
  ]);
  expect(features).toHaveLength(2);
  expect(outputs[0]?.bins).toEqual({ kind: 'values', values: [12, 34] });
});

test('of a large table the model sees a sample of 20,000 rows and those that it replaced', async () => {
  const { predict, requests } = model();
  const rows = (function* () {
    for (let row = 0; row < 40_000; row += 1) yield rowOf(row);
  })();
  const found = await readBaselineRows(names, rows, { signature, predict });
  expect([found.rows, found.sampledRows]).toEqual([40_000, 20_000]);
  const seen = requests.reduce((sum, count) => sum + count, 0);
  // 20,000 (1 + ln 2), by the algorithm R.
  expect(Math.abs(seen - 33_863)).toBeLessThan(400);
  expect(found.outputs.map(({ counts }) => counts.missing)).toEqual([0, 0, 0, 0, 0]);
});

test.each<[string, readonly unknown[], string]>([
  [
    'integer',
    [1, 2, 'a', true, null],
    'Row 1 of the training table has no value in the column "visits", which holds INT64',
  ],
  ['boolean', [1, 2, 'a', null, 4], 'no value in the column "member", which holds BOOL'],
  ['text', [1, 2, null, true, 4], 'no value in the column "city", which holds BYTES'],
])('a row without an %s that the model needs is named', async (_what, row, message) => {
  const reading = readBaselineRows(names, [row], { signature, predict: model().predict });
  await expect(reading).rejects.toThrow(message);
});

test('a sensitive feature without a column, and outputs of another size, are rejected', async () => {
  const { predict } = model();
  const visible = ['age', 'city', 'member', 'visits'];
  const without = readBaselineRows(visible, [[1, 'a', true, 4]], { signature, predict });
  await expect(without).rejects.toThrow('has no column "ssn"');
  const none = readBaselineRows(names, [rowOf(1)], {
    signature,
    predict: () => Promise.resolve([]),
  });
  await expect(none).rejects.toThrow('The model computed no output "scores", expected 2');
  const wrong = { signature, predict: 'model.onnx' as never };
  await expect(readBaselineRows(names, [rowOf(1)], wrong)).rejects.toThrow(
    'readBaselineRows: predict must be a function, got "model.onnx"',
  );
});
