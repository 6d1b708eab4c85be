import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folderStore, ModelRegistry } from '@fairlead/registry';
import { expect, test } from 'vitest';
import { temporaryFolder } from '@fairlead/test-support';
import { exportParityReports } from '../src/export-parity-reports.ts';
import { pushModels } from '../src/push-models.ts';
import type { TrainedModel } from '../src/trained-model.ts';

/** Real exports: y = 2 x + 1, and 2 x + 101. */
const exports = {
  first: { file: 'affine.onnx', plus: 1 },
  second: { file: 'affine-next.onnx', plus: 101 },
} as const;

const tensor = (name: string, ...data: number[]) =>
  ({ name, datatype: 'FP32', shape: [data.length / 2, 2], data }) as const;

/** Writes a minimal output of the training; the outputs of the original are `off` above those of the export. */
function trainedModel(content: keyof typeof exports, off = 0): TrainedModel {
  const folder = temporaryFolder();
  for (const name of ['model.joblib', 'metadata.json']) {
    writeFileSync(join(folder, name), `${name} ${content}`);
  }
  const { file, plus } = exports[content];
  const models = new URL('../../../packages/serving/test/models/', import.meta.url);
  copyFileSync(new URL(file, models), join(folder, 'model.onnx'));
  const x = [0, 1, -1, 0.5];
  const y = x.map((value) => 2 * value + plus);
  const outputs = [tensor('y', ...y.map((value) => value + off))];
  writeFileSync(
    join(folder, 'heldout.json'),
    JSON.stringify({ inputs: [tensor('x', ...x)], outputs }),
  );
  const spec = { datatype: 'FP32', shape: [-1, 2] } as const;
  return {
    folder,
    model: 'digits',
    title: 'Digits',
    signature: { inputs: [{ name: 'x', ...spec }], outputs: [{ name: 'y', ...spec }] },
    metrics: { accuracy: 0.973123456789 },
    goldenExamples: [
      { inputs: [tensor('x', 0, 1)], outputs: [tensor('y', plus, plus + 2)], tolerance: 1e-4 },
    ],
    baseline: { features: [{ name: 'x', mean: 0.1, histogram: [1, 2, 3] }] },
    lineage: { frameworks: { 'scikit-learn': '1.9.0' } },
    modelCard: '# Digits\n',
  };
}

function registryIn(folder: string): ModelRegistry {
  return new ModelRegistry({ store: folderStore(folder) });
}

const said = (pushed: Awaited<ReturnType<typeof pushModels>>) =>
  pushed.map(({ created, manifest }) => `${manifest.model} ${manifest.version} ${String(created)}`);

test('the ONNX export and the original of each model become champions, once', async () => {
  const folder = temporaryFolder();
  const models = [trainedModel('first')];
  expect(said(await pushModels(registryIn(folder), models, folder))).toEqual([
    'digits 1 true',
    'digits-flask 1 true',
  ]);
  expect(said(await pushModels(registryIn(folder), models, folder))).toEqual([
    'digits 1 false',
    'digits-flask 1 false',
  ]);
  const registry = registryIn(folder);
  expect((await registry.listModels()).map(({ aliases }) => aliases)).toEqual([
    { champion: 1 },
    { champion: 1 },
  ]);
  const { manifest } = await registry.openVersion('digits-flask', 1);
  expect(manifest.runtime).toEqual({
    name: 'upstream',
    options: { upstream: 'flask', model: 'digits' },
  });
});

test('a retrained model is a new version, and champion', async () => {
  const folder = temporaryFolder();
  const registry = registryIn(folder);
  await pushModels(registry, [trainedModel('first')], folder);
  expect(said(await pushModels(registry, [trainedModel('second')], folder))).toEqual([
    'digits 2 true',
    'digits-flask 2 true',
  ]);
  expect((await registry.resolve('digits', 'champion')).version).toBe(2);
});

test('a version that a user pushed and promoted stays the champion', async () => {
  const folder = temporaryFolder();
  const registry = registryIn(folder);
  const models = [trainedModel('first')];
  await pushModels(registry, models, folder);
  const { manifest } = await registry.openVersion('digits', 1);
  const { signature, runtime } = manifest;
  const files = { 'model.onnx': Buffer.from('theirs') };
  await registry.push({ model: 'digits', signature, runtime, files, actor: 'ada' });
  const dangerouslySkipGates = 'to be looked at';
  await registry.setAlias('digits', 'champion', 2, { actor: 'ada', dangerouslySkipGates });
  expect(said(await pushModels(registry, models, folder))).toEqual([
    'digits 1 false',
    'digits-flask 1 false',
  ]);
  expect((await registry.resolve('digits', 'champion')).version).toBe(2);
  await registry.rollback('digits', 'champion', { actor: 'ada' });
  await pushModels(registry, models, folder);
  expect(await registry.listModels()).toMatchObject([
    { model: 'digits', versions: 2, aliases: { champion: 1 } },
    { model: 'digits-flask', versions: 1 },
  ]);
});

test('a push that was interrupted before its alias was set is completed', async () => {
  const folder = temporaryFolder();
  const registry = registryIn(folder);
  const models = [trainedModel('first')];
  await pushModels(registry, models, folder);
  // Another registry that has the version, and no alias yet.
  const other = registryIn(temporaryFolder());
  const opened = await registry.openVersion('digits', 1);
  const { model, signature, runtime, metrics, goldenExamples, lineage, baseline, modelCard } =
    opened.manifest;
  await other.push({
    ...{ model, signature, runtime, metrics, goldenExamples, lineage, actor: 'npm start' },
    ...(baseline !== undefined && { baseline }),
    ...(modelCard !== undefined && { modelCard }),
    files: { 'model.onnx': await opened.read('model.onnx') },
  });
  expect(said(await pushModels(other, models, folder))).toEqual([
    'digits 1 false',
    'digits-flask 1 true',
  ]);
  expect((await other.resolve('digits', 'champion')).version).toBe(1);
  // Its measurements had not been recorded either.
  const [entry] = await other.history('digits', 'champion');
  expect(entry?.gates?.results.map(({ passed }) => passed)).toEqual([true, true]);
});

test('an export is pushed with its trial in the manifest, an original without one', async () => {
  const folder = temporaryFolder();
  const registry = registryIn(folder);
  await pushModels(registry, [trainedModel('first')], folder);
  const [onnx, python] = await Promise.all(
    ['digits', 'digits-flask'].map((model) => registry.openVersion(model, 1)),
  );
  expect(onnx?.manifest.trial).toEqual({
    ran: true,
    batching: { on: true, reason: expect.stringContaining('keeps rows apart') as string },
  });
  expect(python?.manifest.trial).toBeUndefined();
});

test('an export is compared with its original, and promoted through its gates', async () => {
  const folder = temporaryFolder();
  const registry = registryIn(folder);
  await pushModels(registry, [trainedModel('first', 5e-5)], folder);
  const { versions } = await registry.model('digits').state();
  const { measurements } = versions.get(1) ?? {};
  expect(measurements).toMatchObject({
    goldenExamples: { value: 1 },
    parity: { details: { rows: 2 } },
  });
  expect(measurements?.parity?.value).toBeCloseTo(5e-5, 6);
  const [entry] = await registry.history('digits', 'champion');
  expect(entry?.gates?.results).toMatchObject([
    { gate: 'goldenExamples', passed: true },
    { gate: 'parity <= 1e-4', passed: true },
  ]);
  const pages = join(folder, 'parity');
  const [page = ''] = await exportParityReports(registry, ['digits'], pages);
  expect(readFileSync(page, 'utf8')).toContain('Parity of digits version 1');
  await pushModels(registry, [trainedModel('second')], folder);
  await exportParityReports(registry, ['digits'], pages);
  expect(readdirSync(pages)).toEqual(['digits-2.html']);
});

test('an export whose outputs differ from those of its original does not become champion', async () => {
  const folder = temporaryFolder();
  const registry = registryIn(folder);
  await expect(pushModels(registry, [trainedModel('first', 1)], folder)).rejects.toMatchObject({
    code: 'ERR_REGISTRY_GATES_FAILED',
  });
  await pushModels(registry, [trainedModel('second')], folder);
  expect((await registry.resolve('digits', 'champion')).version).toBe(2);
});

test('a new export that fails a gate does not replace the champion, and reports the gate', async () => {
  const folder = temporaryFolder();
  const registry = registryIn(folder);
  await pushModels(registry, [trainedModel('first')], folder);
  const [pushed] = await pushModels(registry, [trainedModel('second', 0.01)], folder);
  expect(pushed).toMatchObject({
    created: true,
    refused: expect.stringContaining('parity') as string,
  });
  expect((await registry.resolve('digits', 'champion')).version).toBe(1);
});

test('an export that fails its golden examples is not stored', async () => {
  const folder = temporaryFolder();
  const registry = registryIn(folder);
  const { goldenExamples } = trainedModel('second');
  await expect(
    pushModels(registry, [{ ...trainedModel('first'), goldenExamples }], folder),
  ).rejects.toMatchObject({ code: 'ERR_REGISTRY_VALIDATION_FAILED' });
  expect(await registry.listModels()).toEqual([]);
});

test('gates that a user set are not changed', async () => {
  const folder = temporaryFolder();
  const registry = registryIn(folder);
  await pushModels(registry, [trainedModel('first')], folder);
  await registry.model('digits').setGates('champion', [], { actor: 'ada' });
  await pushModels(registry, [trainedModel('second', 1)], folder);
  expect((await registry.resolve('digits', 'champion')).version).toBe(2);
  expect((await registry.model('digits').state()).gates.get('champion')?.gates).toEqual([]);
});
