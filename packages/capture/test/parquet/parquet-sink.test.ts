import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { constants, getPriority } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { capturedColumns, captureFolder, openCapture } from '@fairlead/capture';
import { parquetSink } from '@fairlead/capture/parquet';
import type { Signature } from '@fairlead/signature';
import { temporaryFolder } from '@fairlead/test-support';
import { expect, onTestFinished, test } from 'vitest';
import { convertSpool } from '../../src/parquet/convert-spool.ts';
import { bytes, datatypeRequest, datatypeValues } from '../support/datatype-values.ts';
import { inference, label, sentinel, sentinelText, signature } from '../support/churn.ts';
import { parquetHead, readCaptures } from '../support/read-parquet.ts';

const afternoon = Date.UTC(2026, 10, 28, 16, 59, 59, 999);

function setUp() {
  const root = temporaryFolder({ inMemory: true });
  const spoolFolder = temporaryFolder({ inMemory: true });
  const errors: string[] = [];
  const onError = (error: unknown): unknown => errors.push(String(error));
  const objects = captureFolder(root);
  const sink = parquetSink({ objects, onError });
  const open = async (signatureOf: () => Signature = () => signature) => {
    const recorder = await openCapture({
      ...{ spoolFolder, sink, signatureOf, share: 1, keepRoutingKeys: true, onError },
      closeTimeoutMs: 300_000,
    });
    onTestFinished(() => recorder.close());
    return recorder;
  };
  return { root, spoolFolder, objects, sink, errors, open };
}

test('requests are stored by model, version and hour, one row for each of their rows', async () => {
  const { objects, root, spoolFolder, errors, open } = setUp();
  const recorder = await open();
  const variant = { ...label, variant: 'b' };
  recorder.record(inference('a', { rows: 2, at: afternoon, label: variant, routingKey: 'u1' }));
  recorder.record(inference('b', { at: afternoon + 1 }));
  recorder.record(
    inference('c', { at: afternoon, label: { model: 'a/b = 50 %', version: '../4' } }),
  );
  await recorder.close();
  expect(errors).toEqual([]);
  const files = await readCaptures(objects);
  const folders = [...files.keys()].map((key) => key.replace(/\/[^/]*$/, ''));
  expect(folders).toEqual([
    'captures/model=a%2Fb%20%3D%2050%20%25/version=..%2F4/date=2026-11-28/hour=16',
    'captures/model=churn/version=3/date=2026-11-28/hour=16',
    'captures/model=churn/version=3/date=2026-11-28/hour=17',
  ]);
  const [, rows] = files.values();
  expect(rows).toEqual(
    [0, 1].map((row) => ({
      ...{ request_id: 'a', row, time: new Date(afternoon), duration_ms: 2.5, model_version: '3' },
      ...{ variant: 'b', weight: 1, routing_key: 'u1', shadow_of: null, fallback_from: null },
      ...{ input_age: 30 + row, input_balance: row / 2, input_city: `Łódź ${row}` },
      output_scores: [0.25, 0.75],
    })),
  );
  expect(readdirSync(spoolFolder)).toEqual([]);
  for (const name of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!name.isFile()) continue;
    const content = readFileSync(join(name.parentPath, name.name));
    expect(content.includes(sentinelText)).toBe(false);
    const number = Buffer.from(Float64Array.of(sentinel).buffer);
    expect(content.includes(number)).toBe(false);
  }
});

test.runIf(process.platform === 'linux')(
  'requests have precedence over the conversion: its thread has a lower priority',
  async () => {
    const { open } = setUp();
    const recorder = await open();
    recorder.record(inference('a'));
    await recorder.flush();
    const priorities = readdirSync('/proc/self/task').map((thread) => {
      const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
      // The 19th field; the second one is a name in parentheses, which may have spaces.
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
    });
    const lower = Math.max(getPriority(), constants.priority.PRIORITY_BELOW_NORMAL);
    expect(priorities).toContain(lower);
    expect(priorities).toContain(getPriority());
  },
);

test('every datatype is read as it was, as single values and as nested lists', async () => {
  const { objects, open } = setUp();
  const { signature: all, tensors, lists } = datatypeRequest;
  const whole = await open(() => all);
  whole.record(inference('a', { inputs: tensors, outputs: lists }));
  await whole.close();
  const [rows] = (await readCaptures(objects)).values();
  for (const [{ datatype }, expected] of datatypeValues) {
    expect(
      rows?.map((row) => row[`input_${datatype}`]),
      datatype,
    ).toEqual(expected);
    expect(rows?.[1]?.[`output_list_${datatype}`], datatype).toEqual([
      expected.map((value) => [value]),
    ]);
  }
});

test('bytes that are no UTF-8 have a column beside the texts, in files that need it', async () => {
  const { objects, open } = setUp();
  const spec = { name: 'x', datatype: 'BYTES', shape: [-1, 2] } as const;
  const recorder = await open(() => ({ inputs: [spec], outputs: [] }));
  const data = [bytes(0x61), bytes(0xff, 0xfe), bytes(0x62), bytes(0x63)];
  recorder.record(inference('a', { inputs: [{ ...spec, shape: [2, 2], data }], outputs: [] }));
  await recorder.flush();
  recorder.record(
    inference('b', { inputs: [{ ...spec, shape: [1, 2], data: data.slice(2) }], outputs: [] }),
  );
  await recorder.flush();
  const [first, second] = (await readCaptures(objects)).values();
  expect(first?.[0]).toMatchObject({ input_x: ['a', null] });
  expect(first?.[1]).toMatchObject({ input_x: ['b', 'c'], input_x_binary: [null, null] });
  const [object] = (
    await objects.list('captures/model=churn/version=3/date=1970-01-01/hour=00')
  ).map(({ name }) => `captures/model=churn/version=3/date=1970-01-01/hour=00/${name}`);
  const body = (await objects.read(object ?? ''))?.body ?? bytes();
  expect(Buffer.from(body).includes(Buffer.from([0xff, 0xfe]))).toBe(true);
  expect(second?.[0]).not.toHaveProperty('input_x_binary');
});

test('a tensor of no rows, missing outputs and empty lists are read as they were', async () => {
  const { objects, open } = setUp();
  const list = { name: 'list', datatype: 'FP32', shape: [-1, -1] } as const;
  const other = { name: 'other', datatype: 'FP32', shape: [-1] } as const;
  const recorder = await open(() => ({ inputs: [list], outputs: [other] }));
  const data = new Float32Array(0);
  recorder.record(inference('none', { inputs: [{ ...list, shape: [0, 3], data }], outputs: [] }));
  recorder.record(inference('empty', { inputs: [{ ...list, shape: [2, 0], data }], outputs: [] }));
  await recorder.flush();
  const [rows] = (await readCaptures(objects)).values();
  expect(rows?.map(({ request_id, row }) => [request_id, row])).toEqual([
    ['empty', 0],
    ['empty', 1],
  ]);
  expect(rows?.[0]).toMatchObject({ input_list: [], output_other: null });
});

test('columns are typed by the signature, and the metadata names their tensors', async () => {
  const { objects, open } = setUp();
  const recorder = await open();
  recorder.record(inference('a'));
  await recorder.flush();
  const [key = ''] = (await readCaptures(objects)).keys();
  const head = parquetHead((await objects.read(key))?.body ?? bytes());
  const time = head.schema.find(({ name }) => name === 'time');
  expect(time).toMatchObject({ type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' });
  const metadata = head.key_value_metadata?.find(({ key: each }) => each === 'fairlead.capture');
  expect(JSON.parse(metadata?.value ?? '')).toEqual({
    ...{ format: 1, model: 'churn', version: '3' },
    columns: capturedColumns(signature),
  });
});

test('a repeated conversion stores nothing twice, and lines that were cut off are reported', async () => {
  const { objects, sink, errors } = setUp();
  const folder = temporaryFolder({ inMemory: true });
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'x.jsonl');
  const version = { model: 'churn', version: '3', columns: [] };
  const request = { requestId: 'a', at: 0, durationMs: 1, rows: 1, weight: 1, values: [] };
  const lines = [
    JSON.stringify({ format: 1, schema: 0, of: version }),
    JSON.stringify({ schema: 0, request }),
    JSON.stringify({ schema: 7, request }),
    JSON.stringify({ schema: 0, request: { ...request, at: 1e300 } }),
    'null',
    '{"schema":0,"request":{"requestId":"b","at":0,"ro',
  ];
  writeFileSync(path, lines.join('\n'));
  await sink.add({ id: 'x', path });
  await sink.add({ id: 'x', path });
  const files = await readCaptures(objects);
  expect([...files.values()].flat()).toMatchObject([{ request_id: 'a' }]);
  expect(errors).toEqual(
    new Array(2).fill("CaptureError: 4 lines of the spool file x can't be read and were left out"),
  );
});

test('a file that is missing rejects, and so does a sink that was closed', async () => {
  const { sink } = setUp();
  await expect(sink.add({ id: 'x', path: '/missing/x.jsonl' })).rejects.toThrow('ENOENT');
  await sink.close?.();
  await expect(sink.add({ id: 'x', path: '/missing/x.jsonl' })).rejects.toThrow('is closed');
});

test('one thread converts all files of a sink, also after one that is missing, until it ends', async () => {
  const { sink } = setUp();
  const started: Worker[] = [];
  const onWorker = (worker: Worker): void => void started.push(worker);
  process.on('worker', onWorker);
  onTestFinished(() => void process.off('worker', onWorker));
  const path = join(temporaryFolder(), 'empty.jsonl');
  writeFileSync(path, '');
  const missing = { id: 'x', path: '/missing/x.jsonl' };
  const results = await Promise.allSettled(
    [path, missing.path, path].map((each) => sink.add({ id: 'x', path: each })),
  );
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(started).toHaveLength(1);
  const waits = sink.add({ id: 'x', path });
  await started[0]?.terminate();
  await expect(waits).rejects.toThrow('ended without a result');
  await sink.add({ id: 'x', path });
  expect(started).toHaveLength(2);
});

test('a file of ten thousand rows is one file for each hour', async () => {
  const folder = temporaryFolder({ inMemory: true });
  const path = join(folder, 'x.jsonl');
  const version = { model: 'churn', version: '3', columns: [] };
  const requests = Array.from({ length: 10_000 }, (_, index) => ({
    schema: 0,
    request: {
      requestId: `r${index}`,
      at: index * 1000,
      durationMs: 1,
      rows: 1,
      weight: 1,
      values: [],
    },
  }));
  const lines = [{ format: 1, schema: 0, of: version }, ...requests];
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const { objects, invalid } = await convertSpool({ id: 'x', path });
  expect(invalid).toBe(0);
  expect(objects.map(({ body }) => Number(parquetHead(body).num_rows))).toEqual([3600, 3600, 2800]);
});

test('requests of versions that take turns are in one file for each version, also where a version is described twice', async () => {
  const path = join(temporaryFolder({ inMemory: true }), 'x.jsonl');
  const of = (version: string) => ({ model: 'churn', version, columns: [] });
  const request = { at: 0, durationMs: 1, rows: 1, weight: 1, values: [] };
  const lines = [
    ...['3', '4', '3'].map((version, schema) => ({ format: 1, schema, of: of(version) })),
    ...[0, 1, 2, 1, 0].map((schema) => ({ schema, request: { ...request, requestId: 'a' } })),
  ];
  writeFileSync(path, lines.map((line) => JSON.stringify(line)).join('\n'));
  const { objects } = await convertSpool({ id: 'x', path });
  expect(
    objects.map(({ key, body }) => [key.split('/')[2], Number(parquetHead(body).num_rows)]),
  ).toEqual([
    ['version=3', 3],
    ['version=4', 2],
  ]);
});
