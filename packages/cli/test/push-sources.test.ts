import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { placeWithRegistry, run, runJson } from './support/fairlead.ts';
import { affine, affineGolden } from './support/models.ts';

const { ModelRegistry, openStore } = await import('@fairlead/registry');
const { inferenceHandler, ModelServer } = await import('@fairlead/serving');
const { onnxRuntime } = await import('@fairlead/serving/onnx');

/** A folder that MLflow itself wrote, of the registry's tests. */
const mlflow = fileURLToPath(
  new URL('../../registry/test/sources/mlflow/external-data', import.meta.url),
);

test('a folder of MLflow is pushed with its weights, and its input example becomes golden', async () => {
  const place = placeWithRegistry();
  const { manifest, measured } = await runJson(
    place,
    'model',
    'push',
    'flow',
    mlflow,
    '--latency',
    '5',
  );
  expect(manifest).toMatchObject({ runtime: { name: 'onnx' }, goldenExamples: [{}] });
  expect(
    (manifest as { files: readonly { path: string }[] }).files.map(({ path }) => path),
  ).toContain('MLmodel');
  expect(measured).toMatchObject({ p50Ms: expect.any(Number) as number });
  expect(await runJson(place, 'model', 'parity', 'flow', '1')).toMatchObject({
    report: { parity: 0 },
  });
});

test('a folder of Python files is pushed, and validated at its upstream', async () => {
  const place = placeWithRegistry();
  // Stands for the Python service: another server of the protocol.
  await runJson(place, 'model', 'push', 'affine', affine);
  await runJson(place, 'model', 'promote', 'affine', '1');
  const source = new ModelRegistry({ store: await openStore(join(place.folder, 'registry')) });
  const models = new ModelServer({ source, runtimes: { onnx: onnxRuntime() } });
  await models.serve('affine');
  const server = createServer(inferenceHandler(models)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.close();
    await models.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const service = join(place.folder, 'service');
  mkdirSync(service);
  writeFileSync(join(service, 'app.py'), 'app = None\n');
  writeFileSync(join(service, 'requirements.txt'), 'flask==3.1.2\n');
  const spec = { datatype: 'FP32', shape: [-1, 2] };
  const signature = { inputs: [{ name: 'x', ...spec }], outputs: [{ name: 'y', ...spec }] };
  const metadata = (goldenExamples: unknown) => {
    writeFileSync(join(place.folder, 'm.json'), JSON.stringify({ signature, goldenExamples }));
  };
  const push = [
    'model',
    'push',
    'python',
    'service',
    '--upstream',
    'flask',
    '--upstream-model',
    'affine',
    '--entry',
    'app.py',
  ];
  const unknown = await run(place, ...push);
  expect(unknown.exitCode).toBe(2);
  expect(unknown.stderr).toContain('add --metadata');

  metadata([
    { ...affineGolden[0], outputs: [{ ...affineGolden[0]?.outputs[0], data: [9, 9, 9, 9] }] },
  ]);
  const wrong = await run(place, ...push, '--metadata', 'm.json', '--upstream-url', url);
  expect(wrong.exitCode).toBe(1);
  expect(wrong.stderr).toContain('golden example 0');
  metadata(affineGolden);
  const pushed = await run(place, ...push, '--metadata', 'm.json', '--upstream-url', url);
  expect(pushed.stdout).toContain('Pushed version 1 of python: upstream, 2 files');
  expect(pushed.stdout).toContain('loaded, 1 golden example passed');
  expect(await runJson(place, 'model', 'show', 'python', '1')).toMatchObject({
    manifest: { runtime: { options: { upstream: 'flask', model: 'affine', entry: 'app.py' } } },
  });
  const untried = await run(place, ...push, '--metadata', 'm.json', '--dry-run');
  expect(untried.stdout).toContain('Validation: skipped.');
  // Another process runs it: parity needs its address.
  const parity = ['model', 'parity', 'python', '1', '--original', 'affine@1'];
  expect((await run(place, ...parity)).stderr).toContain('--upstream-url');
  expect(await runJson(place, ...parity, '--upstream-url', url)).toMatchObject({
    report: { parity: 0 },
  });
});
