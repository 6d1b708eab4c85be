import { inspectOnnx } from '@fairlead/registry/sources';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type PushProgress, type PushRequest } from '@fairlead/registry';
import { verifyRegistry } from '@fairlead/registry/maintenance';
import { expect, test, vi } from 'vitest';
import { rejection, temporaryRegistry } from '../support/sample-registry.ts';

/** The real model y = 2 x + 1 of the serving library's tests. */
const affine = fileURLToPath(new URL('../../../serving/test/models/affine.onnx', import.meta.url));

const request = (changes: Partial<PushRequest> = {}): PushRequest => ({
  model: 'affine',
  runtime: { name: 'onnx' },
  files: { 'model.onnx': affine },
  actor: 'ada',
  ...changes,
});

test('without a given signature, that of the ONNX file is used', async () => {
  const { registry } = temporaryRegistry();
  const { manifest } = await registry.push(request());
  expect(manifest.signature).toEqual({
    inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }],
  });
  const named = { 'net/a.onnx': affine };
  const other = await registry.push(
    request({
      model: 'b',
      files: named,
      runtime: { name: 'onnx', options: { path: 'net/a.onnx' } },
    }),
  );
  expect(other.manifest.signature).toEqual(manifest.signature);
});

test('a push without a signature, of a file that contains none, is rejected', async () => {
  const { registry } = temporaryRegistry();
  const python = { runtime: { name: 'upstream' }, files: { 'app.py': Buffer.from('') } } as const;
  expect(await rejection(registry.push(request(python)))).toMatchObject({
    code: 'ERR_REGISTRY_INVALID_OPTION',
  });
  expect(
    await rejection(registry.push(request({ files: { 'model.onnx': Buffer.from('no model') } }))),
  ).toMatchObject({ code: 'ERR_REGISTRY_INVALID_ONNX' });
});

test('a version is validated before anything is stored, and the result is recorded', async () => {
  const { registry } = temporaryRegistry();
  await registry.push(
    request({
      async validate({ manifest, read }) {
        const model = await inspectOnnx(await read('model.onnx'));
        expect(model.signature).toEqual(manifest.signature);
        expect(await rejection(read('other'))).toMatchObject({
          code: 'ERR_REGISTRY_FILE_NOT_FOUND',
        });
        expect(await verifyRegistry(registry.store)).toMatchObject({ blobs: 0 });
        return { p99Ms: 3 };
      },
    }),
  );
  const state = (await registry.model('affine').state()).versions.get(1);
  expect(state?.measurements).toMatchObject({
    goldenExamples: { value: 0, actor: 'ada' },
    p99Ms: { value: 3 },
  });
});

test('the manifest records what a trial found, and how its requests may be batched', async () => {
  const { registry } = temporaryRegistry();
  const batching = { on: false, reason: 'rows influence each other' };
  const ran = { trial: { ran: true, batching }, measured: { p99Ms: 3 } };
  const { manifest } = await registry.push(
    request({ batching: 'auto', validate: () => Promise.resolve(ran) }),
  );
  expect(manifest).toMatchObject({ batching: 'auto', trial: ran.trial });
  // The findings of a trial are no content: the same model was pushed already.
  const again = await registry.push(request({ batching: 'auto', skipIfUnchanged: true }));
  expect(again.created).toBe(false);
});

test('a version without a valid generated input is pushed, and no golden example counts as passed', async () => {
  const { registry } = temporaryRegistry();
  const trial = {
    ran: false,
    reason: 'no input of ours suits it',
    batching: { on: false, reason: 'not shown' },
  };
  const { manifest, measured } = await registry.push(
    request({ validate: () => Promise.resolve({ trial }) }),
  );
  expect({ trial: manifest.trial, measured }).toEqual({ trial, measured: undefined });
  const state = (await registry.model('affine').state()).versions.get(1);
  expect(state?.measurements ?? {}).toEqual({});
});

test('golden examples may hold NaN and infinities', async () => {
  const { registry } = temporaryRegistry();
  const tensor = (name: string, data: readonly (number | string | null)[]) =>
    ({ name, datatype: 'FP32', shape: [2, 2], data }) as const;
  const { manifest } = await registry.push(
    request({
      goldenExamples: [
        {
          inputs: [tensor('x', [NaN, Infinity, 1, -Infinity])],
          outputs: [tensor('y', [null, 'Infinity', 3, '-Infinity'])],
        },
      ],
    }),
  );
  const read = (await registry.openVersion('affine', manifest.version)).manifest;
  expect(read.goldenExamples[0]?.inputs[0]?.data).toEqual(['NaN', 'Infinity', 1, '-Infinity']);
  expect(read.goldenExamples[0]?.outputs[0]?.data).toEqual([null, 'Infinity', 3, '-Infinity']);
});

test('a version that fails its validation is not pushed', async () => {
  const { registry } = temporaryRegistry();
  const cause = new Error('golden example 0: y is 4, not 3');
  const error = await rejection(registry.push(request({ validate: () => Promise.reject(cause) })));
  expect(error).toMatchObject({ code: 'ERR_REGISTRY_VALIDATION_FAILED', cause });
  expect((error as Error).message).toContain('y is 4, not 3');
  expect(await verifyRegistry(registry.store)).toMatchObject({ manifests: 0, blobs: 0 });
});

test('an unchanged version is not validated again', async () => {
  const { registry } = temporaryRegistry();
  const validate = vi.fn(() => Promise.resolve(undefined));
  await registry.push(request({ validate, skipIfUnchanged: true }));
  const again = await registry.push(request({ validate, skipIfUnchanged: true }));
  expect(again.created).toBe(false);
  expect(validate).toHaveBeenCalledTimes(1);
});

test('progress is reported, and existing content is not written again', async () => {
  const { registry } = temporaryRegistry();
  const reported: PushProgress[] = [];
  const size = readFileSync(affine).length;
  const onProgress = (progress: PushProgress) => reported.push(progress);
  await registry.push(request({ onProgress }));
  expect(reported).toEqual([
    { path: 'model.onnx', phase: 'reading', bytes: size },
    { path: 'model.onnx', phase: 'storing', bytes: size },
    { path: 'model.onnx', phase: 'stored', bytes: size },
  ]);
  reported.length = 0;
  await registry.push(request({ model: 'copy', onProgress }));
  expect(reported.map(({ phase }) => phase)).toEqual(['reading', 'stored']);
  expect(await verifyRegistry(registry.store)).toMatchObject({ manifests: 2, blobs: 1 });
});
