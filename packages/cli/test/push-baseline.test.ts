import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onnxModel } from '@fairlead/test-support';
import { parquetWriteFile } from 'hyparquet-writer';
import { expect, test } from 'vitest';
import { run } from './support/fairlead.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const { baselineDocument, createBaseline, encodeBaseline } = await import('@fairlead/windows');

const push = ['model', 'push', 'affine'] as const;
const skip = '--skip-validation';
const spec = { datatype: 'FP32', shape: [-1, 2] } as const;
const signature = { inputs: [{ name: 'x', ...spec }], outputs: [{ name: 'y', ...spec }] };

async function setUp() {
  const place = { folder: temporaryFolder(), env: { FAIRLEAD_REGISTRY: './registry' } };
  copyFileSync(onnxModel('affine'), join(place.folder, 'model.onnx'));
  await run(place, 'registry', 'init');
  const write = (name: string, text: string): void => {
    writeFileSync(join(place.folder, name), text);
  };
  return { place, write };
}

test('a training table becomes the baseline of the version, which model show prints', async () => {
  const { place, write } = await setUp();
  write('train.csv', 'a,b,y[0],y[1],label\n1,,3,0.25,0\n2,0.5,5,0.75,1\n2,1.5,5,0.5,1\n');
  const options = ['--baseline', 'train.csv', '--label', 'label', '--scores', 'y', skip];
  const pushed = await run(place, ...push, 'model.onnx', ...options);
  expect(pushed).toMatchObject({ exitCode: 0, stderr: '' });
  const { stdout } = await run(place, 'model', 'show', 'affine', '1');
  const [, shown = ''] = stdout.split('\nBaseline\n');
  expect(shown.trimEnd().split('\n')).toEqual([
    '3 rows, with calibration of y',
    '        name  bins       min     mean   max  missing',
    'input   x[0]  2 values     1  1.66667     2',
    'input   x[1]  2 values   0.5        1   1.5     33 %',
    'output  y[0]  2 values     3  4.33333     5',
    'output  y[1]  3 values  0.25      0.5  0.75',
  ]);
});

test('outputs that the training table has no columns of are those of the model', async () => {
  const { place, write } = await setUp();
  // y = 2 x + 1
  write('train.csv', 'a,b,label\n0,-0.25,0\n1,-0.5,1\n2,-0.25,1\n');
  const options = ['--baseline', 'train.csv', '--label', 'label', '--scores', 'y'];
  const pushed = await run(place, ...push, 'model.onnx', ...options);
  expect(pushed).toMatchObject({ exitCode: 0, stderr: '' });
  expect(pushed.stdout).toContain(
    '\nNote: the model computed the outputs that train.csv has no columns of, on 3 rows.\n',
  );
  const shown = async (version: string) => {
    const { stdout } = await run(place, 'model', 'show', 'affine', version);
    return stdout.split('\nBaseline\n')[1]?.trimEnd().split('\n');
  };
  expect(await shown('1')).toEqual([
    '3 rows, with calibration of y',
    '        name  bins       min       mean    max  missing',
    'input   x[0]  3 values     0          1      2',
    'input   x[1]  2 values  -0.5  -0.333333  -0.25',
    'output  y[0]  3 values     1          3      5',
    'output  y[1]  2 values     0   0.333333    0.5',
  ]);

  const unrun = await run(place, ...push, 'model.onnx', ...options, skip);
  expect(unrun.stdout).toContain('the baseline has no outputs "y", so that their drift');
  expect(unrun.stdout).toContain(
    '(--skip-validation); add columns with what it answers to train.csv',
  );
  expect((await shown('2'))?.filter((line) => line.startsWith('output'))).toEqual([]);

  write('complete.csv', 'a,b,y[0],y[1]\n0,1,7,8\n');
  const complete = await run(place, ...push, 'model.onnx', '--baseline', 'complete.csv');
  expect(complete.stdout).not.toContain('Note:');
  expect((await shown('3'))?.at(-1)).toMatch(/^output {2}y\[1\] {2}1 value +8/u);
});

test('a table that the model cannot be run on is a baseline without outputs, and a note says why', async () => {
  const { place, write } = await setUp();
  write('metadata.json', JSON.stringify({ signature: sensitive }));
  write('train.csv', 'age\n31\n44\n');
  const options = ['--metadata', 'metadata.json', '--baseline', 'train.csv'];
  const { exitCode, stdout } = await run(place, ...push, 'model.onnx', ...options);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('(The training table has no column "ssn"; it has "age".');
  const { stdout: shown } = await run(place, 'model', 'show', 'affine', '1');
  expect(shown).toContain('\nBaseline\n2 rows\n');
});

test('a table in Parquet makes the same baseline as one in CSV', async () => {
  const { place, write } = await setUp();
  // Several row groups, missing numbers, the index of pandas, and lists, which are no columns of a table.
  const rows = Array.from({ length: 2500 }, (_, row) => [
    row % 97,
    row % 5 === 0 ? null : row / 8,
    row % 2,
  ]);
  write('train.csv', ['a,b,y[0]', ...rows.map((row) => row.join(','))].join('\n'));
  const column = (index: number) => rows.map((row) => row[index]);
  parquetWriteFile({
    filename: join(place.folder, 'train.parquet'),
    columnData: [
      { name: 'a', data: column(0).map((value) => BigInt(value ?? 0)), type: 'INT64' },
      { name: 'b', data: column(1), type: 'DOUBLE' },
      { name: 'y[0]', data: column(2), type: 'FLOAT' },
      { name: '__index_level_0__', data: rows.map((_, row) => row), type: 'INT32' },
    ],
    rowGroupSize: 1000,
  });
  const baselines = [];
  for (const [version, table] of ['train.csv', 'train.parquet'].entries()) {
    const pushed = await run(place, ...push, 'model.onnx', '--baseline', table, skip);
    expect(pushed).toMatchObject({ exitCode: 0, stderr: '' });
    const { stdout } = await run(place, 'model', 'show', 'affine', String(version + 1), '--json');
    baselines.push((JSON.parse(stdout) as { manifest: { baseline: object } }).manifest.baseline);
  }
  expect(baselines[0]).toMatchObject({ rows: 2500 });
  expect(baselines[1]).toEqual(baselines[0]);
});

test('baseline.json of the source folder is stored, and a table on the command line replaces it', async () => {
  const { place, write } = await setUp();
  mkdirSync(join(place.folder, 'trained'));
  copyFileSync(onnxModel('affine'), join(place.folder, 'trained/model.onnx'));
  write(
    'trained/baseline.json',
    encodeBaseline(createBaseline({ 'x[0]': [7], 'x[1]': [8] }, { signature })),
  );
  write('train.csv', 'x[0],x[1]\n1,2\n3,4\n');
  await run(place, ...push, 'trained', skip);
  const first = await run(place, 'model', 'show', 'affine', '1');
  expect(first.stdout).toContain('\nBaseline\n1 row\n');
  await run(place, ...push, 'trained', '--baseline', 'train.csv', skip);
  const second = await run(place, 'model', 'show', 'affine', '2');
  expect(second.stdout).toContain('\nBaseline\n2 rows\n');
});

const sensitive = {
  ...signature,
  inputs: [{ name: 'x', ...spec, features: [{ name: 'age' }, { name: 'ssn', sensitive: true }] }],
};
const withSsn = () =>
  baselineDocument(createBaseline({ 'x[0]': [7], 'x[1]': [8765] }, { signature }));

test.each([
  ['a file', { signature: sensitive }, ['--baseline', 'b.json'], 'b.json'],
  ['metadata', { signature: sensitive, baseline: withSsn() }, [], 'metadata.json'],
])(
  'a stored baseline of %s with features that the signature marks as sensitive is rejected, and nothing is pushed',
  async (_what, metadata, given, file) => {
    const { place, write } = await setUp();
    write('b.json', JSON.stringify(withSsn()));
    write('metadata.json', JSON.stringify(metadata));
    const options = ['--metadata', 'metadata.json', ...given, skip];
    const { exitCode, stderr } = await run(place, ...push, 'model.onnx', ...options);
    expect(stderr).toContain(
      `cannot use ${file} as the baseline: it has "x[1]", which the signature marks as sensitive: create it without them, or give the training table`,
    );
    expect(exitCode).toBe(2);
    const { stdout } = await run(place, 'model', 'list');
    expect(stdout).not.toContain('affine');
  },
);

test('sensitive features of a baseline that was stored without that check are not shown', async () => {
  const { place } = await setUp();
  const { folderStore, ModelRegistry } = await import('@fairlead/registry');
  const registry = new ModelRegistry({
    store: folderStore(join(place.folder, 'registry')),
  });
  await registry.push({
    ...{ model: 'affine', runtime: { name: 'onnx' }, actor: 'ada' },
    ...{ signature: sensitive, baseline: withSsn() },
    files: { 'model.onnx': readFileSync(onnxModel('affine')) },
  });
  const { stdout } = await run(place, 'model', 'show', 'affine', '1', '--html', 'b.html');
  expect(stdout).toContain('x[0]');
  expect(stdout + readFileSync(join(place.folder, 'b.html'), 'utf8')).not.toMatch(/x\[1\]|8765/);
});

test('model show --html draws the baseline', async () => {
  const { place, write } = await setUp();
  write('train.csv', 'a,b,y[0],y[1],label\n1,,3,0.25,0\n2,0.5,5,0.75,1\n2,1.5,5,0.5,1\n');
  await run(place, ...push, 'model.onnx', '--baseline', 'train.csv', '--label', 'label', skip);
  await run(place, ...push, 'model.onnx', skip);
  const shown = await run(place, 'model', 'show', 'affine', '1', '--html', 'baseline.html');
  expect(shown).toMatchObject({ exitCode: 0, stderr: '' });
  const page = readFileSync(join(place.folder, 'baseline.html'), 'utf8');
  expect(page).toContain('<h1>Baseline of affine version 1</h1>');
  expect(page.match(/<svg/g)).toHaveLength(4);

  const refused = async (...args: string[]) =>
    (await run(place, 'model', 'show', 'affine', ...args)).stderr;
  expect(await refused('2', '--html', 'b.html')).toContain('version 2 of affine has no baseline');
  expect(await refused('--html', 'b.html')).toContain('add its number or alias');
  expect(await refused('1', '--html', 'none/b.html')).toContain('cannot use none/b.html');
});

test('a baseline that an earlier release stored in another format is named as such', async () => {
  const { place, write } = await setUp();
  write('metadata.json', JSON.stringify({ baseline: { age: { mean: 3 } } }));
  await run(place, ...push, 'model.onnx', '--metadata', 'metadata.json', skip);
  const { stdout } = await run(place, 'model', 'show', 'affine', '1');
  expect(stdout).toContain(
    '\nBaseline\nof another format: this release does not compare with it\n',
  );
});

test.each<[string, readonly string[], string]>([
  ['a missing file', ['none.csv'], 'cannot use none.csv as the baseline: ENOENT'],
  [
    'another extension',
    ['model.onnx'],
    'expected a training table as .csv or .parquet, or a baseline as .json',
  ],
  [
    'a text in a column of numbers',
    ['bad.csv'],
    'Line 3 of the training table has "old" in the column "x[0]"',
  ],
  [
    'a baseline that is none',
    ['bad.json'],
    'cannot use bad.json as the baseline: baseline.json: format must be "fairlead-baseline"',
  ],
  [
    'a label without a table',
    ['bad.json', '--label', 'y'],
    'add --baseline with a .csv or .parquet file',
  ],
  ['an unknown label', ['good.csv', '--label', 'z'], 'has no column "z"'],
  ['scores without labels', ['good.csv', '--scores', 'y'], 'scores need the option label'],
])('%s is rejected before anything is pushed', async (_title, options, message) => {
  const { place, write } = await setUp();
  write('bad.csv', 'x[0],x[1]\n1,2\nold,3\n');
  write('good.csv', 'x[0],x[1]\n1,2\n');
  write('bad.json', '{"age":7}');
  const { exitCode, stderr } = await run(
    place,
    ...push,
    'model.onnx',
    skip,
    '--baseline',
    ...options,
  );
  expect(stderr).toContain(message);
  expect(exitCode).toBe(2);
  const { stdout } = await run(place, 'model', 'list');
  expect(stdout).not.toContain('affine');
});
