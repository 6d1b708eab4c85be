import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetWriteFile } from 'hyparquet-writer';
import { readTree, until } from '@fairlead/test-support';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { athenaDdl } from '../../src/capture/athena-ddl.ts';
import { captureRequests, SENSITIVE, signature } from '../support/captured-requests.ts';
import { bin, commandEnv } from '../support/bin.ts';
import { run, runJson, runProcess, type Place } from '../support/fairlead.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const env = { FAIRLEAD_CAPTURE_LOCATION: './captured', FAIRLEAD_REGISTRY: './registry' };
const HOUR_MS = 3_600_000;
const label = { model: 'churn', version: '3' };

let prepared = '';

/** Three requests of two rows; the first is five hours old. */
beforeAll(async () => {
  prepared = mkdtempSync(join(tmpdir(), 'fairlead-captures-'));
  const at = Date.now() - 60_000;
  await captureRequests(prepared, label, [
    { id: 'a1', at: at - 5 * HOUR_MS, key: 'user 7' },
    { id: 'a2', at, key: 'user 8' },
    { id: 'a3', at, key: 'user 7' },
  ]);
});

afterAll(() => {
  rmSync(prepared, { recursive: true });
});

function withRequests(): Place {
  const folder = temporaryFolder();
  cpSync(prepared, folder, { recursive: true });
  return { folder, env };
}

const query = async (place: Place, sql: string, ...more: readonly string[]): Promise<unknown> =>
  runJson(place, 'capture', 'query', 'churn', sql, ...more);

test('labels of a CSV file join the captured requests; the label that was observed last counts', async () => {
  const place = withRequests();
  writeFileSync(
    join(place.folder, 'labels.csv'),
    '\uFEFFrequest_id,row,label,observed_at\r\na1,0,"stays",2020-11-28T10:00:00Z\r\na1,0,leaves,2020-11-28T12:00:00Z\r\na1,0,stays,1\r\n\r\na2,1,1.5,\r\na3,0,true,\r\n',
  );
  const dry = await run(place, 'labels', 'import', 'churn', 'labels.csv', '--dry-run');
  expect(dry.stdout).toContain('A dry run would import 5 labels of churn.');
  expect(existsSync(join(place.folder, 'captured/labels'))).toBe(false);
  const imported = await run(place, 'labels', 'import', 'churn', 'labels.csv');
  expect(imported).toEqual({
    exitCode: 0,
    stdout:
      'Imported 5 labels of churn.\n2 of them repeat a request and row: the one that was observed last counts.\n',
    stderr: '',
  });
  expect(
    await query(
      place,
      'SELECT request_id, row, label FROM labeled WHERE label IS NOT NULL ORDER BY ALL',
    ),
  ).toEqual([
    { request_id: 'a1', row: 0, label: 'leaves' },
    { request_id: 'a2', row: 1, label: '1.5' },
    { request_id: 'a3', row: 0, label: 'true' },
  ]);
});

test('times of labels without a zone are UTC', async () => {
  vi.stubEnv('TZ', 'America/New_York');
  onTestFinished(() => void vi.unstubAllEnvs());
  const place = withRequests();
  writeFileSync(
    join(place.folder, 'labels.csv'),
    'request_id,row,label,observed_at\na1,0,1,2020-11-28 16:00:00\na2,0,1,2020-11-28T16:00:00.5\na3,0,1,2020-11-28T16:00:00-05:00\n',
  );
  await run(place, 'labels', 'import', 'churn', 'labels.csv');
  expect(
    await query(
      place,
      'SELECT request_id, epoch_ms(observed_at) AS at FROM labels ORDER BY request_id',
    ),
  ).toEqual([
    { request_id: 'a1', at: String(Date.UTC(2020, 10, 28, 16)) },
    { request_id: 'a2', at: String(Date.UTC(2020, 10, 28, 16, 0, 0, 500)) },
    { request_id: 'a3', at: String(Date.UTC(2020, 10, 28, 21)) },
  ]);
});

test('labels of a Parquet file are imported with the names of its columns', async () => {
  const place = withRequests();
  parquetWriteFile({
    filename: join(place.folder, 'outcomes.parquet'),
    columnData: [
      { name: 'order', data: ['a1', 'a2', null], type: 'STRING' },
      { name: 'place', data: [0n, 1n, 0n], type: 'INT64' },
      { name: 'paid', data: [1n, 0n, 1n], type: 'INT64' },
      { name: 'when', data: [new Date(1000), new Date(2000), new Date(3000)], type: 'TIMESTAMP' },
    ],
  });
  const names = ['--id', 'order', '--row', 'place', '--label', 'paid', '--time', 'when'];
  const strict = await run(place, 'labels', 'import', 'churn', 'outcomes.parquet', ...names);
  expect(strict.exitCode).toBe(2);
  expect(strict.stderr).toContain(
    'has 1 invalid row, and nothing was imported: row 3: it has no request id',
  );
  const found = await runJson(
    place,
    'labels',
    'import',
    'churn',
    'outcomes.parquet',
    ...names,
    '--skip-invalid',
  );
  expect(found).toEqual({ model: 'churn', labels: 2, duplicates: 0, invalid: 1 });
  expect(await query(place, 'SELECT request_id, label FROM labels ORDER BY ALL')).toEqual([
    { request_id: 'a1', label: '1' },
    { request_id: 'a2', label: '0' },
  ]);
});

test.each([
  ['id,label\na1,1\n', 'has no column "request_id"; it has "id", "label"'],
  ['', 'it has no line with the names of the columns'],
  ['request_id,label\na1\n', 'line 2: it has 1 cell, and the table 2 columns'],
  ['request_id,label\na1,"x\n', 'line 2: it is no record of a table'],
  ['request_id,label\na1,\n', 'line 2: it has no label'],
  ['request_id,label,row\na1,1,-1\n', 'line 2: its row is no whole number'],
  ['request_id,label,observed_at\na1,1,tomorrow\n', 'line 2: its time is neither'],
  [
    'request_id,label,observed_at\na1,1,9999-01-01T00:00:00Z\n',
    'line 2: its time 9999-01-01T00:00:00.000Z is in the future',
  ],
  [`request_id,label\n${'a'.repeat(2000)},1\n`, 'line 2: it has no request id'],
  [Buffer.from([0x72, 0xff, 0xfe, 0x0a]), 'it has no line with the names of the columns'],
])('a table %j is rejected, and nothing is imported', async (content, message) => {
  const place = withRequests();
  writeFileSync(join(place.folder, 'labels.csv'), content);
  const { exitCode, stderr } = await run(place, 'labels', 'import', 'churn', 'labels.csv');
  expect({ exitCode, stderr }).toEqual({
    exitCode: 2,
    stderr: expect.stringContaining(message) as string,
  });
  expect(existsSync(join(place.folder, 'captured/labels'))).toBe(false);
});

test.each([
  ['chrun', {}, 'it has those of churn. Did you mean churn?'],
  ['churn', { FAIRLEAD_CAPTURE_LOCATION: './caputred' }, 'it has none of any model.'],
])(
  'labels of %s in %j, where it has no captured requests, are imported with --create only',
  async (model, more, message) => {
    const { folder } = withRequests();
    const place = { folder, env: { ...env, ...more } };
    writeFileSync(join(folder, 'labels.csv'), 'request_id,label\na1,1\n');
    const before = Object.keys(readTree(folder));
    for (const flags of [[], ['--dry-run']]) {
      const refused = await run(place, 'labels', 'import', model, 'labels.csv', ...flags);
      expect(refused).toMatchObject({ exitCode: 1, stdout: '' });
      expect(refused.stderr).toContain(`no captured requests or labels of ${model} in ${folder}/`);
      expect(refused.stderr).toContain(
        'Gateways store captured requests within five minutes: if this model has only just been called, wait, or add --create.',
      );
      expect(refused.stderr).toContain(message);
      expect(refused.stderr).toContain('--create');
    }
    expect(Object.keys(readTree(folder))).toEqual(before);
    const created = await run(place, 'labels', 'import', model, 'labels.csv', '--create');
    expect(created.stdout).toBe(`Imported 1 label of ${model}.\n`);
    const again = await run(place, 'labels', 'import', model, 'labels.csv');
    expect(again.stdout).toBe(`Imported 1 label of ${model}.\n`);
  },
);

test.each([
  ['request_id,label\na1,1\na2,0\na1,0\n', 'line 4: request a1'],
  ['request_id,row,label\na1,0,1\na1,,0\n', 'line 3: request a1'],
  ['request_id,row,label\na1,,1\na1,1,0\n', 'line 3: request a1'],
  ['request_id,row,label\na1,0,1\na1,1,1\na1,1,1\na1,,0\n', 'line 5: request a1'],
])(
  'of a table %j, in which one of several labels of a request has no row, nothing is imported',
  async (content, where) => {
    const place = withRequests();
    writeFileSync(join(place.folder, 'labels.csv'), content);
    for (const flags of [[], ['--skip-invalid'], ['--dry-run']]) {
      const { exitCode, stderr } = await run(
        place,
        ...['labels', 'import', 'churn', 'labels.csv', ...flags],
      );
      expect(exitCode).toBe(2);
      expect(stderr).toContain(`without a row, and nothing was imported: ${where}. Name the row`);
    }
    expect(existsSync(join(place.folder, 'captured/labels'))).toBe(false);
  },
);

test('a label without a row counts for a request of one row, and for none of several', async () => {
  const place = withRequests();
  await captureRequests(place.folder, label, [{ id: 'b1', at: Date.now() - 60_000, rows: 1 }]);
  writeFileSync(join(place.folder, 'labels.csv'), 'request_id,label\na1,1\nb1,1\n');
  await run(place, 'labels', 'import', 'churn', 'labels.csv');
  const labeled = () =>
    query(place, 'SELECT request_id, row FROM labeled WHERE label IS NOT NULL ORDER BY ALL');
  expect(await labeled()).toEqual([{ request_id: 'b1', row: 0 }]);
  expect(await query(place, 'SELECT request_id, label FROM labels')).toEqual([
    { request_id: 'b1', label: '1' },
  ]);
  writeFileSync(join(place.folder, 'labels.csv'), 'request_id,row,label\na1,1,1\n');
  await run(place, 'labels', 'import', 'churn', 'labels.csv');
  expect(await labeled()).toEqual([
    { request_id: 'a1', row: 1 },
    { request_id: 'b1', row: 0 },
  ]);
});

test('a long file of labels is imported in parts', async () => {
  const place = withRequests();
  const lines = Array.from({ length: 25_000 }, (_, index) => `r${index % 24_000},0,${index % 2}`);
  writeFileSync(join(place.folder, 'labels.csv'), `request_id,row,label\n${lines.join('\n')}`);
  const found = await runJson(place, 'labels', 'import', 'churn', 'labels.csv');
  expect(found).toEqual({ model: 'churn', labels: 25_000, duplicates: 1000, invalid: 0 });
  const [day = ''] = readdirSync(join(place.folder, 'captured/labels/model=churn'));
  expect(readdirSync(join(place.folder, 'captured/labels/model=churn', day))).toHaveLength(3);
});

test('a query selects versions and times, prints a table, and reads nothing else', async () => {
  const place = withRequests();
  expect(
    await query(place, 'SELECT sum(weight)::INTEGER AS n FROM captures WHERE row = 0'),
  ).toEqual([{ n: 3 }]);
  const recent = await runJson(
    place,
    'capture',
    'query',
    'churn@3',
    'SELECT count(*)::INTEGER AS n FROM captures',
    '--since',
    '2h',
  );
  expect(recent).toEqual([{ n: 4 }]);
  const { stdout, stderr } = await run(place, 'capture', 'query', 'churn', '--limit', '2');
  expect(stdout).toMatch(/^request_id +row +time .*input_age .*output_y .*label/u);
  expect(stdout.trimEnd().split('\n')).toHaveLength(3);
  expect(stderr).toContain('only 2 rows are shown');
  writeFileSync(join(place.folder, 'secret.txt'), 'secret');
  for (const sql of [
    `SELECT * FROM read_text('${join(place.folder, 'secret.txt')}')`,
    `COPY captures TO '${join(place.folder, 'stolen.csv')}'`,
    'SET enable_external_access = true',
    'SELECT nothing',
  ]) {
    const { exitCode, stderr: message } = await run(place, 'capture', 'query', 'churn', sql);
    expect({ exitCode, message }).toEqual({
      exitCode: 2,
      message: expect.stringContaining('DuckDB: ') as string,
    });
  }
  expect(existsSync(join(place.folder, 'stolen.csv'))).toBe(false);
});

test('SQL writes nothing into the folder of the captured requests', async () => {
  const place = withRequests();
  const before = Object.keys(readTree(place.folder));
  const target = join(place.folder, 'captured', 'captures', 'planted');
  const copy = `COPY (SELECT 1 AS a) TO '${target}.parquet'`;
  for (const sql of [
    copy,
    `SELECT 1; ${copy}`,
    `PREPARE p AS ${copy}; EXECUTE p`,
    `EXPLAIN ANALYZE ${copy}`,
    `ATTACH '${target}.db'`,
    `EXPORT DATABASE '${target}'`,
  ]) {
    const { exitCode, stderr } = await run(place, 'capture', 'query', 'churn', sql);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: expect.stringContaining('DuckDB: ') as string,
    });
  }
  const injected = `SELECT 1) TO '${target}.csv' (FORMAT csv) --`;
  const exported = await run(
    place,
    ...['capture', 'export', 'churn', '--out', 'x.csv', '--sql', injected],
  );
  expect(exported.exitCode).toBe(2);
  expect(Object.keys(readTree(place.folder))).toEqual(before);
  expect(
    await query(place, 'PIVOT (SELECT model_version FROM captures) ON model_version'),
  ).toHaveLength(1);
});

test.each<[readonly string[], number, string]>([
  [['query', 'other'], 1, 'no captured requests of other in '],
  [['query', 'churn@4'], 1, 'no captured requests of churn version 4'],
  [['query', 'churn@'], 2, 'names no model'],
  [['query', 'churn', '--since', '1h', '--until', '2h'], 2, '--since must be before --until'],
  [['export', 'churn', '--out', 'x.xlsx'], 2, 'must end in .parquet, .csv or .jsonl'],
  [['export', 'churn', '--out', 'x.csv', '--sql', 'SELECT nope'], 2, 'DuckDB: '],
  [['export', 'churn', '--out', 'no/such/x.csv'], 2, 'DuckDB: '],
  [['delete'], 2, 'no value given'],
  [['delete', 'a1'], 2, 'there is no terminal for a confirmation'],
  [['prune', '--before', 'soon', '--yes'], 2, 'Expected a time'],
  [['ddl', 'churn'], 2, 'Athena reads from S3'],
])('capture %j ends with exit code %d', async (args, code, message) => {
  const place = withRequests();
  const { exitCode, stderr } = await run(place, 'capture', ...args);
  expect({ exitCode, stderr }).toEqual({
    exitCode: code,
    stderr: expect.stringContaining(message) as string,
  });
  expect(readdirSync(place.folder).sort()).toEqual(['captured', 'state']);
});

test('commands without a location of captured requests say how to give one', async () => {
  const { exitCode, stderr } = await run({ folder: prepared }, 'capture', 'query', 'churn');
  expect(exitCode).toBe(2);
  expect(stderr).toContain('set FAIRLEAD_CAPTURE_LOCATION');
});

test('a model of any name is found, and its captured requests and labels', async () => {
  // Names of partitions are escaped in them, and cut beyond 200 characters.
  const model = `churn.${'x'.repeat(110)}`;
  const place = { folder: temporaryFolder(), env };
  await captureRequests(place.folder, { model, version: '3~beta' }, [
    { id: 'a1', at: Date.now() - 60_000 },
  ]);
  writeFileSync(join(place.folder, 'labels.csv'), 'request_id,row,label\na1,0,1\n');
  await run(place, 'labels', 'import', model, 'labels.csv');
  const sql = 'SELECT DISTINCT request_id, label FROM labeled WHERE row = 0';
  expect(await runJson(place, 'capture', 'query', `${model}@3~beta`, sql)).toEqual([
    { request_id: 'a1', label: '1' },
  ]);
});

test('an export writes all rows with their labels to Parquet, CSV or JSON lines', async () => {
  const place = withRequests();
  for (const out of ['rows.parquet', 'rows.csv', 'rows.jsonl']) {
    const { exitCode, stdout } = await run(place, 'capture', 'export', 'churn', '--out', out);
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: `Exported 6 rows of churn to ${out}.\n`,
    });
  }
  const lines = readFileSync(join(place.folder, 'rows.csv'), 'utf8').trimEnd().split('\n');
  expect(lines).toHaveLength(7);
  const [first = ''] = readFileSync(join(place.folder, 'rows.jsonl'), 'utf8').split('\n');
  expect(JSON.parse(first)).toMatchObject({
    request_id: 'a1',
    row: 0,
    input_age: 30,
    output_y: [0.25, 0.75],
    label: null,
  });
  const { parquetReadObjects, asyncBufferFromFile } = await import('hyparquet');
  const file = await asyncBufferFromFile(join(place.folder, 'rows.parquet'));
  const { zstdDecompressSync } = await import('node:zlib');
  const rows = await parquetReadObjects({
    file,
    compressors: { ZSTD: (bytes) => new Uint8Array(zstdDecompressSync(bytes)) },
  });
  expect(rows.map(({ input_age: age }) => age as unknown)).toEqual([30, 40, 31, 41, 32, 42]);
  expect(
    Object.values(readTree(place.folder)).some((text) => text.includes(String(SENSITIVE))),
  ).toBe(false);
});

test('the query of an export may end in a semicolon or a comment', async () => {
  const place = withRequests();
  const rows = async (sql: string): Promise<unknown> =>
    runJson(place, 'capture', 'export', 'churn', '--out', 'out.csv', '--sql', sql);
  const exported = { file: 'out.csv', rows: 6 };
  expect(await rows("SELECT ';--' AS text, * FROM captures;")).toEqual(exported);
  expect(await rows('SELECT * FROM captures; -- all of it')).toEqual(exported);
  expect(await rows('FROM captures -- all of it\n')).toEqual(exported);
  const pivot = 'PIVOT captures ON model_version';
  expect(await rows(`${pivot} IN ('3') USING count(*) GROUP BY request_id;`)).toMatchObject({
    rows: 3,
  });
  const refused = await run(place, 'capture', 'export', 'churn', '--out', 'a.csv', '--sql', pivot);
  expect(refused.stderr).toContain('PIVOT statements without explicit IN clauses');
  expect(existsSync(join(place.folder, 'a.csv'))).toBe(false);
});

test('labels are deleted also where a file of captured requests is damaged', async () => {
  const place = withRequests();
  writeFileSync(join(place.folder, 'labels.csv'), 'request_id,label\na1,1\na2,1\n');
  await run(place, 'labels', 'import', 'churn', 'labels.csv');
  const captured = join(place.folder, 'captured');
  const [key = ''] = readdirSync(captured, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.parquet'),
  );
  writeFileSync(join(captured, key), 'PAR1 damaged');
  const labelsOf = () =>
    Object.entries(readTree(captured))
      .filter(([name]) => name.includes('labels'))
      .map(([, text]) => text)
      .join('');
  expect(labelsOf()).toContain('"a2"');
  const { exitCode, stderr } = await run(place, 'capture', 'delete', 'a2', '--yes');
  expect({ exitCode, stderr }).toEqual({
    exitCode: 6,
    stderr: expect.stringContaining("can't be read: captures/model=churn/") as string,
  });
  expect(labelsOf()).toContain('"a1"');
  expect(labelsOf()).not.toContain('"a2"');
});

test('requests are deleted by id with their labels, and by a column', async () => {
  const place = withRequests();
  writeFileSync(join(place.folder, 'labels.csv'), 'request_id,row,label\na1,0,1\na2,0,1\na3,0,0\n');
  await run(place, 'labels', 'import', 'churn', 'labels.csv');
  const byId = await runJson(place, 'capture', 'delete', 'a2', '--yes');
  expect(byId).toEqual({ rows: 2, files: 1, labels: 1, waiting: 0 });
  const rest = () => query(place, 'SELECT DISTINCT request_id FROM captures ORDER BY ALL');
  expect(await rest()).toEqual([{ request_id: 'a1' }, { request_id: 'a3' }]);
  expect(await query(place, 'SELECT request_id FROM labels ORDER BY ALL')).toEqual([
    { request_id: 'a1' },
    { request_id: 'a3' },
  ]);
  const misspelled = await run(
    place,
    ...['capture', 'delete', 'user 7', '--column', 'routing_keys', '--yes'],
  );
  expect(misspelled.stdout).toContain('No captured request has such a value of routing_keys');
  const unknown = await run(place, 'capture', 'delete', 'a9', '--yes');
  expect(unknown.stdout).toMatch(/No captured request or label in .* has such an id/u);
  const spool = ['--spool', './state/captures'];
  const missing = await run(place, 'capture', 'delete', 'a1', '--spool', './stat', '--yes');
  expect(missing).toMatchObject({ exitCode: 2 });
  expect(missing.stderr).toContain('has no folder');
  mkdirSync(join(place.folder, 'state', 'captures'), { recursive: true });
  const byKey = await run(
    place,
    'capture',
    'delete',
    'user 7',
    '--column',
    'routing_key',
    '--model',
    'churn',
    ...spool,
    '--yes',
  );
  expect(byKey.stdout).toContain('Deleted 4 rows in 2 files, and 0 labels.');
  expect(await run(place, 'capture', 'query', 'churn')).toMatchObject({ exitCode: 1 });
});

test('captured requests and labels are pruned by their age', async () => {
  const place = withRequests();
  const before = new Date(Date.now() - 2 * HOUR_MS).toISOString().slice(0, 16);
  const found = await runJson(place, 'capture', 'prune', '--before', `${before}Z`, '--yes');
  expect(found).toEqual({ captures: 1, labels: 0 });
  expect(await query(place, 'SELECT DISTINCT request_id FROM captures ORDER BY ALL')).toEqual([
    { request_id: 'a2' },
    { request_id: 'a3' },
  ]);
});

test('the DDL of a version names its columns, partitions and location, without the sensitive ones', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'registry'));
  const { folderStore, ModelRegistry } = await import('@fairlead/registry');
  const registry = new ModelRegistry({ store: folderStore(join(folder, 'registry')) });
  await registry.push({
    model: 'churn',
    runtime: { name: 'onnx' },
    signature,
    files: { 'model.onnx': Buffer.from('w') },
    actor: 'ada',
  });
  const { exitCode, stdout } = await run(
    { folder, env },
    'capture',
    'ddl',
    'churn@1',
    '--captures',
    's3://models/prod/',
  );
  expect(exitCode).toBe(0);
  expect(stdout.replace(/\d{4}-\d\d-\d\d,NOW/gu, '2026-11-28,NOW')).toMatchInlineSnapshot(`
    "CREATE EXTERNAL TABLE IF NOT EXISTS \`churn_1\` (
      \`request_id\` string,
      \`row\` int,
      \`time\` timestamp,
      \`duration_ms\` double,
      \`model_version\` string,
      \`variant\` string,
      \`weight\` double,
      \`routing_key\` string,
      \`shadow_of\` string,
      \`fallback_from\` string,
      \`input_age\` float,
      \`output_y\` array<float>
    )
    PARTITIONED BY (\`date\` string, \`hour\` string)
    STORED AS PARQUET
    LOCATION 's3://models/prod/captures/model=churn/version=1/'
    TBLPROPERTIES (
      'projection.enabled' = 'true',
      'projection.date.type' = 'date',
      'projection.date.format' = 'yyyy-MM-dd',
      'projection.date.range' = '2026-11-28,NOW',
      'projection.hour.type' = 'integer',
      'projection.hour.range' = '0,23',
      'projection.hour.digits' = '2',
      'storage.location.template' = 's3://models/prod/captures/model=churn/version=1/date=\${date}/hour=\${hour}/'
    );

    CREATE EXTERNAL TABLE IF NOT EXISTS \`churn_labels\` (
      \`request_id\` string,
      \`row\` int,
      \`default_row\` boolean,
      \`label\` string,
      \`observed_at\` bigint,
      \`received_at\` bigint
    )
    PARTITIONED BY (\`date\` string)
    ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
    LOCATION 's3://models/prod/labels/model=churn/'
    TBLPROPERTIES (
      'projection.enabled' = 'true',
      'projection.date.type' = 'date',
      'projection.date.format' = 'yyyy-MM-dd',
      'projection.date.range' = '2026-11-28,NOW',
      'storage.location.template' = 's3://models/prod/labels/model=churn/date=\${date}/'
    );

    CREATE OR REPLACE VIEW "churn_1_labeled" AS
    SELECT c.*, l.label
    FROM "churn_1" c
    LEFT JOIN (
      SELECT request_id, "row", max_by(label, ROW(observed_at, received_at)) AS label
      FROM "churn_labels"
      WHERE NOT coalesce(default_row, false)
        OR request_id NOT IN (SELECT request_id FROM "churn_1" WHERE "row" = 1)
      GROUP BY request_id, "row"
    ) l ON l.request_id = c.request_id AND l."row" = c."row";
    "
  `);
});

test('the DDL escapes its location, and refuses names that Athena does not tell apart', () => {
  const tables = {
    ...{ model: 'churn', version: 1, location: String.raw`s3://models/it's\prod` },
    folders: { captures: 'captures/c', labels: 'labels/c' },
    since: new Date(0),
  };
  const column = (name: string) =>
    ({
      name,
      side: 'input',
      tensor: 'x',
      feature: 0,
      batched: true,
      datatype: 'FP32',
      depth: 0,
    }) as const;
  expect(athenaDdl({ ...tables, columns: [column('input_Age')] })).toContain(
    String.raw`LOCATION 's3://models/it\'s\\prod/captures/c/'`,
  );
  expect(() => athenaDdl({ ...tables, columns: ['input_Age', 'input_age'].map(column) })).toThrow(
    'there would be two columns "input_age"',
  );
});

test('the view for Athena and the SQL in the README of the package give each request the label that counts', async () => {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const { LabelStore, captureFolder, capturedColumns } = await import('@fairlead/capture');
  const folder = temporaryFolder();
  const at = Date.now() - 60_000;
  await captureRequests(folder, { model: 'churn', version: '1' }, [
    { id: 'one-row', at, rows: 1 },
    { id: 'two-rows', at },
  ]);
  const labels = new LabelStore({ objects: captureFolder(join(folder, 'captured')) });
  const received = [
    { requestId: 'one-row', label: 'old', observedAt: 1000 },
    { requestId: 'one-row', label: 'new', observedAt: 2000 },
    { requestId: 'two-rows', row: 0, label: 'first', observedAt: 1000 },
    { requestId: 'two-rows', label: 'without a row', observedAt: 2000 },
  ];
  for (const each of received) await labels.add('churn', [each]);
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const captured = join(folder, 'captured');
  await connection.run(
    `CREATE TABLE churn_1 AS SELECT * FROM read_parquet('${captured}/captures/model=churn/version=1/**/*.parquet')`,
  );
  await connection.run(
    `CREATE TABLE churn_labels AS SELECT * FROM read_json('${captured}/labels/model=churn/*/*.jsonl')`,
  );
  const ddl = athenaDdl({
    ...{ model: 'churn', version: 1, location: 's3://models' },
    columns: capturedColumns(signature),
    folders: { captures: 'captures', labels: 'labels' },
    since: new Date(0),
  });
  await connection.run(ddl.slice(ddl.indexOf('CREATE OR REPLACE VIEW')));
  const rowsOf = async (sql: string) => (await connection.runAndReadAll(sql)).getRowsJson();
  const columns = 'request_id, "row", label';
  expect(await rowsOf(`SELECT ${columns} FROM churn_1_labeled ORDER BY ALL`)).toEqual([
    ['one-row', 0, 'new'],
    ['two-rows', 0, 'first'],
    ['two-rows', 1, null],
  ]);
  const readme = readFileSync(new URL('../../../capture/README.md', import.meta.url), 'utf8');
  const [, sql = ''] = /```sql\n(SELECT c\.\*.*?)```/su.exec(readme) ?? [];
  const local = sql.replaceAll(/'(captures|labels)\//gu, `'${captured}/$1/`);
  expect(await rowsOf(`SELECT ${columns} FROM (${local}) ORDER BY ALL`)).toEqual([
    ['one-row', 0, '"new"'],
    ['two-rows', 0, '"first"'],
  ]);
  connection.closeSync();
});

test('the temporary folder of a killed query is removed by the next one, and others are not', async () => {
  const place = withRequests();
  const temporary = temporaryFolder();
  const started = { ...place, env: { ...env, TMPDIR: temporary } };
  const endless =
    'SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range + b.range < 0';
  const killed = spawn(process.execPath, [...bin.slice(1), 'capture', 'query', 'churn', endless], {
    cwd: place.folder,
    env: commandEnv(place.folder, started.env),
    stdio: 'ignore',
  });
  onTestFinished(() => void killed.kill('SIGKILL'));
  const folder = await until(() => Promise.resolve(readdirSync(temporary)[0]));
  const ended = once(killed, 'exit');
  // While the process runs, its folder is left.
  await runProcess(started, 'capture', 'query', 'churn', 'SELECT 1', '--json');
  expect(readdirSync(temporary)).toEqual([folder]);
  killed.kill('SIGKILL');
  await ended;
  const outside = temporaryFolder();
  writeFileSync(join(outside, 'file'), '');
  const link = folder.replace(/\w+$/u, 'link');
  symlinkSync(outside, join(temporary, link));
  mkdirSync(join(temporary, 'fairlead-captures-Ab12Cd'));
  await runProcess(started, 'capture', 'query', 'churn', 'SELECT 1', '--json');
  expect(readdirSync(temporary).sort()).toEqual([link, 'fairlead-captures-Ab12Cd'].sort());
  expect(readdirSync(outside)).toEqual(['file']);
});
