import {
  goldenParityRows,
  measureParity,
  type ParityRowsOptions,
  readParityRows,
} from '@fairlead/parity';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonTensor, Signature, TensorSpec } from '@fairlead/signature';
import { describe, expect, test } from 'vitest';
import { rejection, temporaryFolder } from './support/temporary-folder.ts';

const iris: Signature = {
  inputs: [
    {
      name: 'flower',
      datatype: 'FP32',
      shape: [-1, 2],
      features: [{ name: 'length' }, { name: 'width', range: { min: 0, max: 9 } }],
    },
  ],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1] }],
};
const mixed: Signature = {
  inputs: [
    { name: 'id', datatype: 'INT64', shape: [-1, 1] },
    { name: 'color', datatype: 'BYTES', shape: [-1] },
    { name: 'new', datatype: 'BOOL', shape: [-1] },
  ],
  outputs: iris.outputs,
};
const nameless = (shape: readonly number[]): Signature => ({
  inputs: [{ name: 'x', datatype: 'FP32', shape }],
  outputs: iris.outputs,
});

async function read(
  name: string,
  content: string,
  signature = iris,
  options: ParityRowsOptions = {},
) {
  const file = join(temporaryFolder(), name);
  writeFileSync(file, content);
  return readParityRows(file, signature, options);
}

const flower = (...data: number[]): JsonTensor => ({
  name: 'flower',
  datatype: 'FP32',
  shape: [data.length / 2, 2],
  data,
});
const y = (...data: number[]): JsonTensor => ({
  name: 'y',
  datatype: 'FP32',
  shape: [data.length],
  data,
});
const line = (value: unknown): string => `${JSON.stringify(value)}\n`;

describe('a table', () => {
  test('has its columns by name, in any order, and may have more', async () => {
    const csv = '\uFEFFspecies,width,"length"\r\n"a ""b"", c",1,2.5\r\n\r\nsetosa, 3 ,-5e-1\r\n';
    expect(await read('rows.csv', csv)).toEqual([{ inputs: [flower(2.5, 1, -0.5, 3)] }]);
  });

  test('becomes requests of at most so many rows', async () => {
    const csv = `length,width\n${'1,2\n'.repeat(5)}`;
    const rows = await read('rows.csv', csv, iris, { rowsPerRequest: 2 });
    expect(rows.map(({ inputs }) => inputs[0]?.shape)).toEqual([
      [2, 2],
      [2, 2],
      [1, 2],
    ]);
  });

  test('fills several inputs of any datatype', async () => {
    const csv = 'color,new,id\n"red, dark",true,9007199254740993\n1,0,2\n';
    expect(await read('rows.csv', csv, mixed)).toEqual([
      {
        inputs: [
          { name: 'id', datatype: 'INT64', shape: [2, 1], data: [9007199254740993n, 2n] },
          { name: 'color', datatype: 'BYTES', shape: [2], data: ['red, dark', '1'] },
          { name: 'new', datatype: 'BOOL', shape: [2], data: [true, false] },
        ],
      },
    ]);
  });

  test('gives a sole input without names of features its columns in order', async () => {
    const csv = 'a,b,c,d\n1,2,3,4\n5,6,7,8\n';
    const data = [1, 2, 3, 4, 5, 6, 7, 8];
    const [flat] = await read('rows.csv', csv, nameless([-1, 4]));
    expect(flat?.inputs).toEqual([{ name: 'x', datatype: 'FP32', shape: [2, 4], data }]);
    const [square] = await read('rows.csv', csv, nameless([-1, 2, 2]));
    expect(square?.inputs[0]?.shape).toEqual([2, 2, 2]);
    const single = await read('rows.csv', csv, nameless([1, 4]));
    expect(single.map(({ inputs }) => inputs[0]?.shape)).toEqual([
      [1, 4],
      [1, 4],
    ]);
  });

  test('needs no names of columns: then no row is lost', async () => {
    const csv = '1,2\n3,4\n5,\n';
    const rows = [
      { inputs: [{ ...flower(1, 2, 3, 4), shape: [3, 2], data: [1, 2, 3, 4, 5, null] }] },
    ];
    const open: TensorSpec = { name: 'flower', datatype: 'FP32', shape: [-1, 2] };
    const named: TensorSpec = { ...open, features: [{ name: 'a' }, { name: 'b' }] };
    for (const spec of [open, named])
      expect(await read('rows.csv', csv, { ...iris, inputs: [spec] })).toEqual(rows);
  });

  test('has texts in columns of text, also those that look like numbers', async () => {
    const [request] = await read('rows.csv', 'color,new,id\n02139,True,1.0\n"",0,1e5\n', mixed);
    expect(request?.inputs.map(({ data }) => data)).toEqual([
      [1n, 100000n],
      ['02139', ''],
      [true, false],
    ]);
  });

  test('may be JSON', async () => {
    const json = JSON.stringify([
      { width: 1, length: 2 },
      { length: 3, width: 4, more: null },
    ]);
    expect(await read('rows.json', json)).toEqual([{ inputs: [flower(2, 1, 3, 4)] }]);
  });
});

describe('requests', () => {
  test('one a line, as they were captured', async () => {
    const text =
      line({ id: '1', inputs: [flower(1, 2)], outputs: [{ name: 'y' }] }) +
      '\n' +
      line({
        inputs: [
          {
            ...flower(3, 4, 5, 6),
            data: [
              [3, 4],
              [5, 6],
            ],
          },
        ],
        outputs: [y(7, 8)],
      });
    for (const name of ['captured.jsonl', 'captured.ndjson']) {
      expect(await read(name, text)).toEqual([
        { inputs: [flower(1, 2)] },
        {
          inputs: [
            {
              ...flower(3, 4, 5, 6),
              data: [
                [3, 4],
                [5, 6],
              ],
            },
          ],
          expected: [y(7, 8)],
        },
      ]);
    }
  });

  test('one, or a list of them, in a JSON file', async () => {
    const one = { inputs: [flower(1, 2)], outputs: [y(3)], tolerance: 1e-4 };
    const rows = { inputs: one.inputs, expected: one.outputs };
    expect(await read('heldout.json', JSON.stringify(one))).toEqual([rows]);
    expect(await read('list.JSON', JSON.stringify([one, one]))).toEqual([rows, rows]);
  });

  test('of golden examples', () => {
    const goldenExamples = [{ name: 'a', inputs: [flower(1, 2)], outputs: [y(3)] }];
    expect(goldenParityRows({ goldenExamples })).toEqual([
      { inputs: [flower(1, 2)], expected: [y(3)] },
    ]);
  });
});

describe('an unusable row is an error that names its position', () => {
  test.each<[string, string, string, Signature]>([
    ['rows.txt', '1,2', 'unknown extension', iris],
    ['rows.csv', '', 'the CSV is empty', iris],
    ['rows.csv', 'length,width\n', 'the CSV has no rows', iris],
    ['rows.csv', 'length,breadth\n1,2\n', 'no column "width"', iris],
    ['rows.csv', 'length,width,length\n1,2,3\n', 'column "length" twice', iris],
    ['rows.csv', 'length,width\n1,2\n1,x\n', 'found "x" in line 3, column "width"', iris],
    ['rows.csv', 'length,width\n1,2,3\n', 'line 2', iris],
    ['rows.csv', 'length,width\n1,"2\n', 'a quote that is never closed', iris],
    ['rows.csv', 'length,width\n1,10\n', 'request 1: tensor "flower"', iris],
    ['rows.csv', 'id,color,new\n1.5,a,1\n', 'found 1.5 in line 2, column "id"', mixed],
    ['rows.csv', 'id,color,new\n1,a,maybe\n', 'found "maybe" in line 2, column "new"', mixed],
    ['rows.csv', 'a,b,c\n1,2,3\n', 'needs 4 columns and there are 3', nameless([-1, 4])],
    ['rows.csv', 'a\n1\n', 'rows of any shape', nameless([-1, -1, -1])],
    ['rows.csv', 'a,b\n1,2\n', 'request 1: tensor "x"', nameless([3, 2])],
    ['rows.json', '{"inputs":', 'JSON', iris],
    ['rows.json', '[]', 'it has no rows', iris],
    ['rows.json', '[1]', 'record 0 must be {"column": value, …}', iris],
    ['rows.json', '{"inputs":[{"name":"flower"}]}', 'request 1: ', iris],
    ['rows.jsonl', '\n', 'it has no rows', iris],
    ['rows.jsonl', `${line({ inputs: [flower(1, 2)] })}{"inputs`, 'line 2: ', iris],
    ['rows.jsonl', line({ instances: [] }), 'line 1: expected a request', iris],
  ])('%s of %j', async (name, content, problem, signature) => {
    const error = await rejection(read(name, content, signature));
    expect(error).toMatchObject({ code: 'ERR_PARITY_INVALID_ROWS' });
    expect((error as Error).message).toContain(problem);
  });

  test('a file that is missing, is none, or is too long', async () => {
    const folder = temporaryFolder();
    const code = 'ERR_PARITY_ROWS_UNREADABLE';
    expect(await rejection(readParityRows(join(folder, 'no.csv'), iris))).toMatchObject({ code });
    expect(await rejection(readParityRows(folder, iris))).toMatchObject({ code });
    const error = await rejection(read('rows.csv', 'length,width\n1,2\n', iris, { maxBytes: 10 }));
    expect(error).toMatchObject({ code });
    expect((error as Error).message).toContain('it has 17 bytes, and at most 10 are read');
  });
});

describe('measuring', () => {
  const double = (inputs: readonly JsonTensor[]) => {
    const data = inputs[0]?.data ?? [];
    return Promise.resolve([y(...data.filter((_, at) => at % 2 === 0).map((v) => Number(v) * 2))]);
  };

  test('compares with the outputs of the rows, or with the original when one is given', async () => {
    const rows = [{ inputs: [flower(1, 0, 2, 0)], expected: [y(2, 4.5)] }];
    expect(await measureParity(rows, { exported: double })).toMatchObject({ rows: 2, parity: 0.5 });
    const original = double;
    expect(await measureParity(rows, { exported: double, original })).toMatchObject({ parity: 0 });
  });

  test('names the missing original', async () => {
    const rows = [{ inputs: [flower(1, 0)] }];
    for (const measured of [
      measureParity(rows, { exported: double }),
      measureParity([], { exported: double }),
    ]) {
      expect(await rejection(measured)).toMatchObject({ code: 'ERR_PARITY_INCOMPARABLE' });
    }
  });
});
