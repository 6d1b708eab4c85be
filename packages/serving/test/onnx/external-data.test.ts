import { until } from '@fairlead/test-support/polling';
import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { Runtime, VersionManifest } from '@fairlead/serving';
import { onnxRuntime, type OnnxRuntimeOptions } from '@fairlead/serving/onnx';
import { affine, MemorySource } from '../memory-source.ts';

const folder = new URL('../models/hostile/', import.meta.url);
const read = (name: string): Uint8Array => readFileSync(new URL(`${name}.onnx`, folder));
const weights = Buffer.from(new Float32Array([10, 20]).buffer);

const runtimes: Runtime[] = [];
afterEach(async () => {
  await Promise.all(runtimes.splice(0).map((runtime) => runtime.close()));
});

/** One runtime for most tests, which keeps an empty worker for the model that is loaded next while a version is loaded. */
const onnx = onnxRuntime({ workers: 1 });

beforeAll(async () => {
  const source = new MemorySource([{ signature: affine }]);
  const keeping = await onnx.load(await source.openVersion('m', 1), { onEvent: () => undefined });
  return async () => {
    await keeping.close();
    // No worker is left of the models that were rejected.
    await until(() => !process.getActiveResourcesInfo().includes('MessagePort'));
  };
});

/** Loads a hostile model with the files that are listed for it; returns its answer to zeros. */
async function answerOf(
  name: string,
  files: Readonly<Record<string, Uint8Array>> = {},
  { path = 'model.onnx', ...options }: OnnxRuntimeOptions & { readonly path?: string } = {},
): Promise<number[]> {
  const externalData = Object.keys(files);
  const spec: VersionManifest['runtime'] = { name: 'onnx', options: { path, externalData } };
  const factory =
    Object.keys(options).length === 0 ? onnx : onnxRuntime({ workers: 1, ...options });
  const runtime = await factory.load(
    {
      manifest: { model: 'm', version: 1, signature: affine, runtime: spec },
      read: (file) =>
        Promise.resolve(Uint8Array.from(file === path ? read(name) : (files[file] ?? []))),
    },
    { onEvent: () => undefined },
  );
  runtimes.push(runtime);
  const x = { name: 'x', datatype: 'FP32', shape: [1, 2], data: new Float32Array(2) } as const;
  const { outputs } = await runtime.execute([x], {
    requestIds: [],
    signal: new AbortController().signal,
    ownsInputs: false,
  });
  return Array.from(outputs[0]?.data as Float32Array);
}

const all = readdirSync(folder)
  .filter((file) => file.endsWith('.onnx'))
  .map((file) => file.slice(0, -5));

test.each(all)('%s: a file in the working folder is not read', async (name) => {
  await expect(answerOf(name)).rejects.toMatchObject({
    code: 'ERR_SERVING_LOAD_FAILED',
    message: expect.stringMatching(
      /isn't a file of this version|isn't a path within|can't be in a separate|compiled for other|occurs twice|spell it|padded|beyond 32 bits/,
    ) as unknown,
  });
});

test.each(['initializer', 'constant'])('%s: a listed file is read from memory', async (name) => {
  expect(await answerOf(name, { 'package.json': weights })).toEqual([10, 20]);
});

test.each([{ workers: 2 }, { workers: 1, inProcess: true }, { inProcess: false }])(
  'every placement of a model is checked: %j',
  async (options) => {
    await expect(answerOf('initializer', {}, options)).rejects.toThrow(
      /isn't a file of this version/,
    );
  },
);

test('files are relative to the folder of the model, and spelled plainly', async () => {
  const path = 'net/model.onnx';
  expect(await answerOf('folder', { 'net/weights/w.bin': weights }, { path })).toEqual([10, 20]);
  await expect(answerOf('folder', { 'weights/w.bin': weights }, { path })).rejects.toThrow(
    /"w" are in the file "weights\/w.bin", which isn't a file of this version/,
  );
  await expect(answerOf('dotted', { 'weights/w.bin': weights })).rejects.toThrow(
    /".\/weights\/w.bin"; spell it "weights\/w.bin"/,
  );
});

const inOtherFields = all.filter((name) => /branch|attribute|sparse|function/.test(name));
test.each(inOtherFields)(
  '%s: even a listed file is rejected, since ONNX Runtime would open it on the disk',
  async (name) => {
    await expect(answerOf(name, { 'package.json': weights })).rejects.toThrow(
      /save the model as one file/,
    );
  },
);

test('an address in memory is no file, even if one of that name is listed', async () => {
  await expect(answerOf('memory', { '*/_ORT_MEM_ADDR_/*': weights })).rejects.toThrow(
    /isn't a path within the model's folder/,
  );
});
