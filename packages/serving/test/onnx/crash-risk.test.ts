import { readFile } from 'node:fs/promises';
import { ModelServer } from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import type { Signature, Tensor } from '@fairlead/signature';
import { expect, onTestFinished, test, vi } from 'vitest';
import { findCrashRisk } from '../../src/onnx/find-crash-risk.ts';
import { MemorySource, until } from '../memory-source.ts';

vi.setConfig({ testTimeout: 120_000 });

const signature: Signature = {
  inputs: [
    { name: 'signal', datatype: 'FP32', shape: [1, -1, 1] },
    { name: 'length', datatype: 'INT64', shape: [] },
  ],
  outputs: [{ name: 'spectrum', datatype: 'FP32', shape: [1, -1, -1, 2] }],
};
const inputs = (length: bigint): readonly Tensor[] => [
  { name: 'signal', datatype: 'FP32', shape: [1, 64, 1], data: new Float32Array(64).fill(1) },
  { name: 'length', datatype: 'INT64', shape: [], data: BigInt64Array.of(length) },
];
const model = (name: string): Promise<Buffer> =>
  readFile(new URL(`../models/${name}.onnx`, import.meta.url));

test('an operator that divides by an input unchecked is found, one that divides by a weight is not', async () => {
  expect(findCrashRisk(await model('spectrum'))).toBe(
    'STFT ends its process where frame_length is 0',
  );
  for (const name of ['affine', 'endless', 'folded']) {
    expect(findCrashRisk(await model(name)), name).toBeUndefined();
  }
  expect(findCrashRisk(Buffer.from('no model'))).toBeUndefined();
});

test('a version whose process ends for every input of the trial is served', async () => {
  const { inputs: specs, outputs } = signature;
  const drawn = specs.map((spec) =>
    spec.name === 'length' ? { ...spec, range: { min: 0, max: 0 } } : spec,
  );
  const server = new ModelServer({
    source: new MemorySource([{ signature: { inputs: drawn, outputs }, file: 'spectrum.onnx' }]),
    alias: 'champion',
    runtimes: { onnx: onnxRuntime({ workers: 1, inProcess: false }) },
    requestTimeoutMs: 60_000,
  });
  onTestFinished(() => server.close());
  await server.load('spectrum');
  expect(server.loaded.map(({ label }) => label.version)).toEqual(['1']);
  expect(await server.ready()).toBe(true);
});

test('a request that ends the process of its version ends neither the server nor the version', async () => {
  const server = new ModelServer({
    source: new MemorySource([{ signature, file: 'spectrum.onnx' }]),
    alias: 'champion',
    runtimes: { onnx: onnxRuntime() },
  });
  onTestFinished(() => server.close());
  await server.load('spectrum');
  const answer = async (length: bigint) => {
    const { outputs } = await server.infer({ model: 'spectrum' }, { inputs: inputs(length) });
    return outputs[0];
  };
  const right = await answer(16n);
  expect(right?.shape).toEqual([1, 7, 9, 2]);
  // Of 16 ones the first bin holds the sum.
  expect(right?.data[0]).toBeCloseTo(16, 4);
  await expect(answer(0n)).rejects.toMatchObject({ code: 'ERR_SERVING_RUN_FAILED' });
  // A new process takes the place of the one that ended.
  await until(() =>
    answer(32n).then(
      (tensor) => String(tensor?.shape) === '1,5,17,2',
      () => false,
    ),
  );
});
