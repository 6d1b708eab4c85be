import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folderStore, ModelRegistry } from '@fairlead/registry';
import { expect, test } from 'vitest';
import { pushModels } from '../src/push-models.ts';
import type { TrainedModel } from '../src/trained-model.ts';
import { tempFolder } from './support/temp-folder.ts';

/** What the training leaves, as small as it can be. */
function trainedModel(content: string): TrainedModel {
  const folder = tempFolder();
  for (const name of ['model.onnx', 'model.joblib', 'metadata.json']) {
    writeFileSync(join(folder, name), `${name} ${content}`);
  }
  const tensor = { datatype: 'FP32', shape: [-1, 1] } as const;
  const value = { datatype: 'FP32', shape: [1, 1], data: [0.25] } as const;
  return {
    folder,
    model: 'digits',
    title: 'Digits',
    signature: { inputs: [{ name: 'x', ...tensor }], outputs: [{ name: 'y', ...tensor }] },
    metrics: { accuracy: 0.973123456789 },
    goldenExamples: [
      { inputs: [{ name: 'x', ...value }], outputs: [{ name: 'y', ...value }], tolerance: 1e-4 },
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
  const folder = tempFolder();
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
  expect((await registry.list()).map(({ aliases }) => aliases)).toEqual([
    { champion: 1 },
    { champion: 1 },
  ]);
  const { manifest } = await registry.openVersion('digits-flask', 1);
  expect(manifest.runtime).toEqual({
    name: 'upstream',
    options: { upstream: 'flask', model: 'digits' },
  });
});

test('what was trained anew is a new version, and champion', async () => {
  const folder = tempFolder();
  const registry = registryIn(folder);
  await pushModels(registry, [trainedModel('first')], folder);
  expect(said(await pushModels(registry, [trainedModel('second')], folder))).toEqual([
    'digits 2 true',
    'digits-flask 2 true',
  ]);
  expect((await registry.resolve('digits', 'champion')).version).toBe(2);
});

test('a version that somebody else pushed and chose stays the champion', async () => {
  const folder = tempFolder();
  const registry = registryIn(folder);
  const models = [trainedModel('first')];
  await pushModels(registry, models, folder);
  const { manifest } = await registry.openVersion('digits', 1);
  const { signature, runtime } = manifest;
  const files = { 'model.onnx': Buffer.from('theirs') };
  await registry.push({ model: 'digits', signature, runtime, files, actor: 'ada' });
  await registry.setAlias('digits', 'champion', 2, { actor: 'ada' });
  expect(said(await pushModels(registry, models, folder))).toEqual([
    'digits 1 false',
    'digits-flask 1 false',
  ]);
  expect((await registry.resolve('digits', 'champion')).version).toBe(2);
  await registry.rollback('digits', 'champion', { actor: 'ada' });
  await pushModels(registry, models, folder);
  expect(await registry.list()).toMatchObject([
    { model: 'digits', versions: 2, aliases: { champion: 1 } },
    { model: 'digits-flask', versions: 1 },
  ]);
});

test('a push that was interrupted before its alias was set is taken up', async () => {
  const folder = tempFolder();
  const registry = registryIn(folder);
  const models = [trainedModel('first')];
  await pushModels(registry, models, folder);
  // Another registry that has the version, and no alias yet.
  const other = registryIn(tempFolder());
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
});
