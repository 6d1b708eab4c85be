import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { captureFolder, openCapture } from '@fairlead/capture';
import { deleteCaptures, parquetSink, type SearchedValue } from '@fairlead/capture/parquet';
import { numberToFloat16, type Signature, type Tensor } from '@fairlead/signature';
import { temporaryFolder } from '@fairlead/test-support';
import { expect, onTestFinished, test } from 'vitest';
import { inference, label } from '../support/churn.ts';
import { memorySink, spooledBytes } from '../support/memory-sink.ts';
import { readCaptures } from '../support/read-parquet.ts';

const person = 'person-Zq81xT-of-whom-nothing-remains';

const signature: Signature = {
  inputs: [
    { name: 'customer', datatype: 'BYTES', shape: [-1] },
    { name: 'score', datatype: 'FP32', shape: [-1] },
    { name: 'account', datatype: 'UINT64', shape: [-1] },
    { name: 'tags', datatype: 'BYTES', shape: [-1, -1] },
    { name: 'half', datatype: 'FP16', shape: [-1] },
  ],
  outputs: [],
};

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

function request(id: string, customers: readonly string[], at = 0) {
  const rows = customers.length;
  const inputs: Tensor[] = [
    { name: 'customer', datatype: 'BYTES', shape: [rows], data: customers.map(text) },
    { name: 'score', datatype: 'FP32', shape: [rows], data: new Float32Array(rows).fill(0.7) },
    {
      name: 'account',
      datatype: 'UINT64',
      shape: [rows],
      data: BigUint64Array.from(customers, (_, row) => 2n ** 64n - 1n - BigInt(row)),
    },
    {
      name: 'tags',
      datatype: 'BYTES',
      shape: [rows, 2],
      data: customers.flatMap((customer) => [text(`tag of ${customer}`), Uint8Array.of(0xff)]),
    },
    {
      name: 'half',
      datatype: 'FP16',
      shape: [rows],
      data: Uint16Array.from(customers, (_, row) => numberToFloat16(row === 0 ? 0.1 : Infinity)),
    },
  ];
  return inference(id, { inputs, outputs: [], at, label: { ...label, variant: 'b' } });
}

function setUp() {
  const root = temporaryFolder({ inMemory: true });
  const spoolFolder = temporaryFolder({ inMemory: true });
  const objects = captureFolder(root);
  const open = async (sink = parquetSink({ objects })) => {
    const recorder = await openCapture({
      ...{ spoolFolder, sink, share: 1, signatureOf: () => signature, closeTimeoutMs: 300_000 },
    });
    onTestFinished(() => recorder.close());
    return recorder;
  };
  return { root, spoolFolder, objects, open };
}

/** Files below a folder that have a text, under any name. */
function filesWith(root: string, searched: string): readonly string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => {
      const content = readFileSync(path);
      return content.includes(searched) || spooledBytes(content.toString()).includes(searched);
    });
}

test('the rows of a person are deleted from all files, and all other rows stay as they were', async () => {
  const { root, objects, open } = setUp();
  const recorder = await open();
  recorder.record(request('a', [person, 'x']));
  recorder.record(request('b', ['y', 'z']));
  await recorder.flush();
  recorder.record(request('c', [person], 3_600_000));
  recorder.record(request('d', ['w'], 7_200_000));
  await recorder.flush();
  const before = await readCaptures(objects);
  expect(filesWith(root, person).length).toBeGreaterThanOrEqual(2);
  const options = { objects, column: 'input_customer', values: [person] };
  expect(await deleteCaptures(options)).toEqual({ rows: 2, files: 2, waiting: 0 });
  expect(filesWith(root, person)).toEqual([]);
  const after = await readCaptures(objects);
  const rest = [...before].flatMap(([key, rows]) => {
    const others = rows.filter((row) => row.input_customer !== person);
    return others.length === 0 ? [] : [[key, others] as const];
  });
  expect(rest).toHaveLength(2);
  expect([...after]).toEqual(rest);
  expect(await deleteCaptures(options)).toEqual({ rows: 0, files: 0, waiting: 0 });
});

test('rows are found by a value of any type, and in lists', async () => {
  const { objects, open } = setUp();
  const recorder = await open();
  recorder.record(request('a', ['x', 'y']));
  recorder.record(request('b', ['z']));
  await recorder.close();
  const [key = ''] = (await readCaptures(objects)).keys();
  const body = (await objects.read(key))?.body ?? new Uint8Array(0);
  const cases: readonly (readonly [string, readonly SearchedValue[], number])[] = [
    ['request_id', ['a', 'c'], 2],
    ['row', ['1'], 1],
    ['input_score', [0.7], 3],
    ['input_score', ['0.7000001'], 0],
    ['input_half', ['0.1'], 2],
    ['input_half', [70_001], 0],
    ['input_account', [2n ** 64n - 1n], 2],
    ['input_account', ['18446744073709551614'], 1],
    ['input_tags', ['tag of y'], 1],
    ['variant', ['b'], 3],
    ['routing_key', ['null', ''], 0],
    ['no_such_column', ['x'], 0],
  ];
  for (const [column, values, rows] of cases) {
    const copy = setUp().objects;
    await copy.create(key, body);
    const deleted = await deleteCaptures({ objects: copy, column, values });
    expect(deleted.rows, `${column} ${values.join()}`).toBe(rows);
    expect([...(await readCaptures(copy)).values()].flat()).toHaveLength(3 - rows);
  }
});

test('what a killed process left is deleted too, and what a running one has is counted as waiting', async () => {
  const { root, spoolFolder, objects, open } = setUp();
  const away = memorySink();
  away.state.away = 'fails';
  const killed = await open(away.sink);
  killed.record(request('a', [person]));
  await killed.flush();
  const [folder = ''] = readdirSync(spoolFolder);
  const running = await open(away.sink);
  const dead = '999999999-1-00000000-aaaaaaaaaaaa';
  renameSync(join(spoolFolder, folder), join(spoolFolder, dead));
  mkdirSync(join(spoolFolder, folder));
  mkdirSync(join(root, '.tmp'), { recursive: true });
  writeFileSync(join(root, '.tmp', dead), person);
  running.record(request('b', [person]));
  running.record(request('c', ['x']));
  await running.flush();
  expect(filesWith(spoolFolder, person)).toHaveLength(2);
  const options = {
    objects,
    spoolFolders: [spoolFolder],
    column: 'input_customer',
    values: [person],
  };
  expect(await deleteCaptures(options)).toEqual({ rows: 1, files: 1, waiting: 1 });
  expect(filesWith(root, person)).toEqual([]);
  const byId = { objects, spoolFolders: [spoolFolder], values: ['b', 'c'] };
  expect((await deleteCaptures(byId)).waiting).toBe(2);
  await running.close();
  const next = await open();
  await next.close();
  expect(await deleteCaptures(options)).toEqual({ rows: 1, files: 1, waiting: 0 });
  expect([...filesWith(root, person), ...filesWith(spoolFolder, person)]).toEqual([]);
});

test('what a running process has in memory only is waited for', async () => {
  const { spoolFolder, objects, open } = setUp();
  const running = await open(memorySink().sink);
  running.record(request('a', [person]));
  const options = { objects, spoolFolders: [spoolFolder], values: ['a'] };
  expect(await deleteCaptures(options)).toEqual({ rows: 0, files: 0, waiting: 1 });
});

test('a misspelled spool folder is rejected before anything is deleted, and not created', async () => {
  const { spoolFolder, objects, open } = setUp();
  const recorder = await open();
  recorder.record(request('a', [person]));
  await recorder.close();
  const misspelled = `${spoolFolder}s`;
  const values = ['a'];
  await expect(
    deleteCaptures({ objects, values, spoolFolders: [spoolFolder, misspelled] }),
  ).rejects.toMatchObject({ code: 'ERR_CAPTURE_INVALID_OPTION' });
  expect(existsSync(misspelled)).toBe(false);
  expect(await deleteCaptures({ objects, values })).toMatchObject({ rows: 1 });
});

test('a damaged file is named after all other files were searched', async () => {
  const { objects, open } = setUp();
  const folder = 'captures/model=churn/version=3/date=1969-12-31/hour=23';
  await objects.create(`${folder}/damaged.parquet`, text(`PAR1${person}PAR1`));
  await objects.create(`${folder}/readme.txt`, text('foreign'));
  const recorder = await open();
  recorder.record(request('a', [person]));
  await recorder.close();
  await expect(deleteCaptures({ objects, values: ['a'] })).rejects.toMatchObject({
    code: 'ERR_CAPTURE_FILE_INVALID',
    message: expect.stringMatching(/^1 rows were deleted.*hour=23\/damaged\.parquet/) as unknown,
  });
  await expect(deleteCaptures({ objects, values: 'a' as never })).rejects.toMatchObject({
    code: 'ERR_CAPTURE_INVALID_OPTION',
  });
});

test('a deletion may be limited to a model or version', async () => {
  const { objects, open } = setUp();
  const recorder = await open();
  for (const version of ['3', '4']) {
    recorder.record({ ...request('a', ['x']), label: { model: 'churn', version } });
  }
  recorder.record({ ...request('a', ['x']), label: { model: 'credit', version: '3' } });
  await recorder.close();
  const deleted = await deleteCaptures({ objects, values: ['a'], model: 'churn', version: '4' });
  expect(deleted.rows).toBe(1);
  expect((await deleteCaptures({ objects, values: ['a'], model: 'churn' })).rows).toBe(1);
  expect((await deleteCaptures({ objects, values: ['a'] })).rows).toBe(1);
});
