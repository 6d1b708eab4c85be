import { mkdirSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { placeWithRegistry, run, runJson } from './support/fairlead.ts';
import { affine, affineGolden, affineNext } from './support/models.ts';
import { readTree } from '@fairlead/test-support';

test('an ONNX file is pushed with its own signature and validated on its golden examples', async () => {
  const place = placeWithRegistry();
  writeFileSync(join(place.folder, 'golden.json'), JSON.stringify(affineGolden));
  writeFileSync(join(place.folder, 'card.md'), '# Affine\n');
  const metrics = ['--metric', 'accuracy=0.97', '--metric', 'loss=1e-3'];
  const rest = ['--golden', 'golden.json', '--card', 'card.md', '--latency', '20'];
  const pushed = await run(place, 'model', 'push', 'affine', affine, ...metrics, ...rest);
  expect(pushed).toMatchObject({ exitCode: 0, stderr: '' });
  expect(pushed.stdout).toContain('Pushed version 1 of affine: onnx, 1 file, 128 B.\n');
  expect(pushed.stdout).toContain('Validation: loaded, 1 golden example passed.\n');
  expect(pushed.stdout).toMatch(/p50Ms [\d.]+, p99Ms [\d.]+/);

  const { manifest, state } = await runJson(place, 'model', 'show', 'affine', '1');
  expect(manifest).toMatchObject({
    actor: 'ada',
    signature: { inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }] },
    metrics: { accuracy: 0.97, loss: 0.001 },
    goldenExamples: affineGolden,
    modelCard: '# Affine\n',
  });
  expect(state).toMatchObject({ measurements: { goldenExamples: { value: 1, actor: 'ada' } } });
  const card = await run(place, 'model', 'show', 'affine', '1', '--card');
  expect(card.stdout).toContain('Model card\n# Affine\n');
});

test('a model that fails a golden example is rejected, and nothing of it is stored', async () => {
  const place = placeWithRegistry();
  writeFileSync(join(place.folder, 'golden.json'), JSON.stringify(affineGolden));
  const before = readTree(place.folder);
  const refused = await run(place, 'model', 'push', 'a', affineNext, '--golden', 'golden.json');
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toContain('golden example 0: output "y" is 101 at element 0, expected 1');
  expect(refused.stderr).toContain('[ERR_REGISTRY_VALIDATION_FAILED]');
  expect(readTree(place.folder)).toEqual(before);
});

test.each([
  ['no such file or folder', 'missing.onnx'],
  ['it contains neither model.onnx nor MLmodel', 'empty'],
])('a source of which %s is refused with what to give', async (why, source) => {
  const place = placeWithRegistry();
  mkdirSync(join(place.folder, 'empty'));
  const refused = await run(place, 'model', 'push', 'a', source);
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toContain(why);
  expect(refused.stderr).toContain('expected an ONNX file');
});

test('the metadata of a training folder is pushed with the model', async () => {
  const place = placeWithRegistry();
  mkdirSync(join(place.folder, 'trained'));
  await copyFile(affine, join(place.folder, 'trained/model.onnx'));
  const metadata = { title: 'not ours', metrics: { accuracy: 0.5 }, goldenExamples: affineGolden };
  writeFileSync(join(place.folder, 'trained/metadata.json'), JSON.stringify(metadata));
  const push = ['model', 'push', 'affine', 'trained', '--if-changed'];
  expect(await runJson(place, ...push, '--metric', 'auc=0.75')).toMatchObject({
    created: true,
    manifest: { metrics: { accuracy: 0.5, auc: 0.75 }, goldenExamples: affineGolden },
  });
  expect(await runJson(place, ...push, '--metric', 'auc=0.75')).toMatchObject({ created: false });
  expect(await runJson(place, ...push)).toMatchObject({ created: true, manifest: { version: 2 } });
});

test('fields of a metadata file that a version does not have pass with a note', async () => {
  const place = placeWithRegistry();
  const metadata = {
    metrics: { accuracy: 0.5 },
    goldenExample: affineGolden,
    labels: ['no', 'yes'],
    lineage: { gitComit: '0123abc', command: 'python train.py' },
  };
  writeFileSync(join(place.folder, 'm.json'), JSON.stringify(metadata));
  const push = ['model', 'push', 'affine', affine, '--metadata', 'm.json'];
  const { stdout } = await run(place, ...push);
  expect(stdout).toContain(
    'Note: m.json has the fields "goldenExample" (did you mean "goldenExamples"?), "labels", which are not stored.\n',
  );
  expect(stdout).toContain(
    'Note: m.json has the lineage fields "gitComit" (did you mean "gitCommit"?), which are stored as they are.\n',
  );
  const { manifest } = await runJson(place, ...push);
  expect(manifest).toMatchObject({ lineage: metadata.lineage, goldenExamples: [] });
});

test('an alias moves forward and back, and the history names actor and reason', async () => {
  const place = placeWithRegistry();
  for (const file of [affine, affineNext]) await runJson(place, 'model', 'push', 'affine', file);
  expect((await run(place, 'model', 'promote', 'affine', '1')).stdout).toBe(
    '"champion" of affine points to version 1 now (before: none).\n',
  );
  const promote = ['model', 'promote', 'affine', '2', '--expect'];
  const stale = await run(place, ...promote, '2', '-m', 'new data');
  expect(stale.exitCode).toBe(3);
  expect(stale.stderr).toContain('[ERR_REGISTRY_ALIAS_CONFLICT]');
  const set = await runJson(place, ...promote, '1', '-m', 'new data', '--actor', 'bob');
  expect(set).toMatchObject({
    promoted: true,
    entry: { version: 2, actor: 'bob', reason: 'new data' },
  });
  expect(await runJson(place, 'model', 'promote', 'affine', 'champion')).toMatchObject({
    promoted: false,
  });
  const back = await run(place, 'model', 'rollback', 'affine', '-m', 'errors');
  expect(back.stdout).toBe('"champion" of affine points to version 1 again (before: 2).\n');
  expect((await run(place, 'model', 'rollback', 'affine')).exitCode).toBe(1);

  const listed = await run(place, 'model', 'list');
  expect(listed.stdout.split('\n')[1]).toMatch(/^affine +2 +2 +champion → 1$/);
  const { stdout } = await run(place, 'model', 'history', 'affine', '--alias', 'champion');
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(6);
  expect(lines[2]).toMatch(/^[-\dT:]+Z +bob +set "champion" to version 2 \(was 1\)$/);
  expect(lines[3]).toBe('  reason: new data');
  const last = await runJson(place, 'model', 'history', 'affine', '--limit', '1');
  expect(last.story).toMatchObject([{ reason: 'errors', source: { kind: 'alias' } }]);
});

test('--expect none sets an alias once, and conflicts afterward', async () => {
  const place = placeWithRegistry();
  for (const file of [affine, affineNext]) await runJson(place, 'model', 'push', 'affine', file);
  const promote = (version: string) =>
    run(place, 'model', 'promote', 'affine', version, '--expect', 'none');
  const first = await promote('1');
  expect(first).toMatchObject({ exitCode: 0, stderr: '' });
  // Also for the version that the alias points to already.
  for (const version of ['1', '2']) {
    const { exitCode, stderr } = await promote(version);
    expect(exitCode).toBe(3);
    expect(stderr).toContain('expected not to be set: ada set it to version 1 at');
  }
  const back = await run(place, 'model', 'rollback', 'affine', '--expect', 'none');
  expect(back.exitCode).toBe(3);
});

test('a dry run of every change writes nothing, and prints the planned writes', async () => {
  const place = placeWithRegistry();
  for (const file of [affine, affineNext]) await runJson(place, 'model', 'push', 'affine', file);
  await runJson(place, 'model', 'promote', 'affine', '1');
  await runJson(place, 'model', 'promote', 'affine', '2');
  const before = readTree(place.folder);
  const dry = async (...args: readonly string[]) => {
    const report = await runJson(place, ...args, '--dry-run');
    expect(report.dryRun).toBe(true);
    expect(readTree(place.folder)).toEqual(before);
    return report;
  };
  const push = await dry('model', 'push', 'affine', affine, '--metric', 'a=1');
  expect(push).toMatchObject({ created: true, manifest: { version: 3 }, removals: [] });
  expect((push.writes as { key: string }[]).map(({ key }) => key)).toEqual([
    'models/affine/events/00000003.json',
    'models/affine/versions/00000003.json',
  ]);
  expect(await dry('model', 'promote', 'affine', '1')).toMatchObject({
    writes: [{ key: 'models/affine/aliases/champion/00000003.json' }],
  });
  expect(await dry('model', 'rollback', 'affine')).toMatchObject({ entry: { version: 1 } });
  const text = await run(place, 'model', 'rollback', 'affine', '--dry-run');
  expect(text.stdout).toContain('Dry run: nothing was changed.');
  expect(text.stdout).toMatch(
    /^ {2}written {2}models\/affine\/aliases\/champion\/00000003\.json \(\d+ B\)$/m,
  );
  // A dry run fails as the real command would.
  expect((await run(place, 'model', 'promote', 'affine', '7', '--dry-run')).exitCode).toBe(4);
});

test('an error of a golden example names only its file, the example and the new version', async () => {
  const place = placeWithRegistry();
  await runJson(place, 'model', 'push', 'affine', affine);
  const push = ['model', 'push', 'affine', affineNext, '--golden', 'g.json'];
  const [example] = affineGolden;
  const [input] = example?.inputs ?? [];
  const faults: readonly [unknown, string][] = [
    [{ ...example, inputs: { x: [1, 2] } }, 'golden example 0, inputs: expected a list of'],
    [
      { ...example, inputs: [{ ...input, data: Number.NaN }] },
      'tensor "x", data: expected a list of elements, also for a single one: [1.5], found NaN',
    ],
  ];
  for (const [fault, message] of faults) {
    const text = JSON.stringify([fault], (_, each: unknown) =>
      Number.isNaN(each) ? 'not a number' : each,
    );
    writeFileSync(join(place.folder, 'g.json'), text.replace('"not a number"', 'NaN'));
    const refused = await run(place, ...push);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain('cannot use g.json as golden examples');
    expect(refused.stderr).toContain(message);
    expect(refused.stderr).not.toContain('versions/00000001.json');
  }
  writeFileSync(join(place.folder, 'g.json'), JSON.stringify(affineGolden));
  const failed = await run(place, ...push);
  expect(failed.exitCode).toBe(1);
  expect(failed.stderr).toContain('model "affine" version 2: golden example 0');
});

test('a push of a file that is not an ONNX model ends with the exit code of an invalid file', async () => {
  const place = placeWithRegistry();
  writeFileSync(join(place.folder, 'mk.py'), 'import sklearn\nprint("train")\n');
  const refused = await run(place, 'model', 'push', 'x', 'mk.py');
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toContain('[ERR_REGISTRY_INVALID_ONNX]');
  const help = await run(place, '--help');
  expect(help.stdout).toContain('  70  internal error of fairlead');
  const drill = await run(place, 'registry', 'drill', '--help');
  expect(drill.stdout.match(/\(default: 2m\)/g)).toHaveLength(1);
});
