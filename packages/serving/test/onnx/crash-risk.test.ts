import { until } from '@fairlead/test-support/polling';
import { readFile } from 'node:fs/promises';
import { ModelServer } from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import type { Signature, Tensor } from '@fairlead/signature';
import { readOnnxModel } from '@fairlead/signature/onnx';
import { expect, onTestFinished, test } from 'vitest';
import { findCrashRisk } from '../../src/onnx/risk/find-crash-risk.ts';
import { MemorySource } from '../memory-source.ts';

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

const riskOf = async (name: string) => findCrashRisk(readOnnxModel(await model(name)));

test('STFT with a frame length from a request is found', async () => {
  const risk = 'STFT ends its process where frame_length is 0';
  expect(await riskOf('spectrum')).toBe(risk);
  expect(await riskOf('division/stft-ai-onnx')).toBe(risk);
});

test.each([
  ['div-int32', 'Div of INT32'],
  ['div-int64', 'Div of INT64'],
  ['mod-int32', 'Mod of INT32'],
  ['mod-int64', 'Mod of INT64'],
  ['div-ai-onnx', 'Div of INT32'],
  ['by-minus-one', 'Div of INT64'],
  ['by-default', 'Div of INT64'],
  ['cast-to-int64', 'Div of INT64'],
  ['function-int32', 'Div of INT32'],
  ['branch', 'Div of INT64'],
])('%s: %s by a divisor that can be -1 is found', async (name, division) => {
  const risk = `${division} ends its process where the minimum is divided by -1`;
  expect(await riskOf(`division/${name}`)).toBe(risk);
});

test.each([
  'div-int8',
  'div-int16',
  'div-uint32',
  'div-float',
  'mod-int8',
  'mod-int16',
  'mod-fmod-int32',
  'by-two',
  'by-minus-two',
  'by-constant-node',
  'cast-to-float',
  'shape-arithmetic',
  'position-of-maximum',
  'divided-by-length',
  'layer-norm',
  'function-float',
])('%s: a division that cannot end the process is no risk', async (name) => {
  expect(await riskOf(`division/${name}`)).toBeUndefined();
});

test.each([
  ['unknown-rank', 0, 'bij,bkj->bik'],
  ['second', 1, 'bi,bij->bij'],
  ['before-ellipsis', 0, 'bij...->bij'],
  ['implicit', 0, 'b i j, b k'],
  ['upper-case', 0, 'BIJ->B'],
  ['squeezed', 0, 'ij->i'],
  ['reduced', 0, 'i->i'],
  ['reshaped', 0, 'ij->i'],
  ['branches', 0, 'ij->i'],
  ['default', 0, 'ij->i'],
])('%s: an operand %i of unknown rank for an Einsum is found', async (name, input, equation) => {
  const risk = `Einsum ends its process where input ${input} has fewer dimensions than its term in "${equation}" has labels`;
  expect(await riskOf(`einsum/${name}`)).toBe(risk);
});

test.each(['known', 'known-spaces', 'behind-ellipsis', 'diagonal', 'scalars', 'heads', 'chained'])(
  '%s: an Einsum whose operands have a dimension for each label is no risk',
  async (name) => {
    expect(await riskOf(`einsum/${name}`)).toBeUndefined();
  },
);

test.each(['affine', 'endless', 'folded', 'slow', 'wide'])('%s has no risk', async (name) => {
  expect(await riskOf(name)).toBeUndefined();
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

test.each([
  ['div-int32', 'INT32'],
  ['mod-int64', 'INT64'],
] as const)(
  '%s: a request with the minimum and -1 ends neither the server nor the version',
  async (name, datatype) => {
    const spec = (field: string) => ({ name: field, datatype, shape: [-1] });
    const server = new ModelServer({
      source: new MemorySource([
        {
          signature: { inputs: [spec('a'), spec('b')], outputs: [spec('y')] },
          file: `division/${name}.onnx`,
        },
      ]),
      alias: 'champion',
      runtimes: { onnx: onnxRuntime() },
    });
    onTestFinished(() => server.close());
    await server.load('division');
    const divide = async (a: bigint, b: bigint) => {
      const tensors = Object.entries({ a, b }).map(([field, value]) => ({
        ...spec(field),
        shape: [1],
        data: datatype === 'INT64' ? BigInt64Array.of(value) : Int32Array.of(Number(value)),
      }));
      const request = { inputs: tensors as readonly Tensor[] };
      const { outputs } = await server.infer({ model: 'division' }, request);
      return Number(outputs[0]?.data[0]);
    };
    const right = name === 'div-int32' ? 2 : 1;
    expect(await divide(7n, 3n)).toBe(right);
    const minimum = datatype === 'INT64' ? -(2n ** 63n) : -(2n ** 31n);
    await expect(divide(minimum, -1n)).rejects.toMatchObject({ code: 'ERR_SERVING_RUN_FAILED' });
    await until(() =>
      divide(7n, 3n).then(
        (value) => value === right,
        () => false,
      ),
    );
  },
);

const ranks: Signature = {
  inputs: [
    { name: 'a', datatype: 'FP32', shape: [2, 3] },
    { name: 'b', datatype: 'FP32', shape: [2, 3] },
  ],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, -1, -1] }],
};

test('a version whose process ends for every input of the trial and of a request is served, and ends neither the server nor itself', async () => {
  const server = new ModelServer({
    source: new MemorySource([{ signature: ranks, file: 'einsum/unknown-rank.onnx' }]),
    alias: 'champion',
    runtimes: { onnx: onnxRuntime() },
  });
  onTestFinished(() => server.close());
  await server.load('einsum');
  expect(server.loadedVersions.map(({ label }) => label.version)).toEqual(['1']);
  expect(await server.ready()).toBe(true);
  const data = () => new Float32Array(6).fill(1);
  const request = { inputs: ranks.inputs.map((spec) => ({ ...spec, data: data() })) } as {
    readonly inputs: readonly Tensor[];
  };
  await expect(server.infer({ model: 'einsum' }, request)).rejects.toMatchObject({
    code: 'ERR_SERVING_RUN_FAILED',
  });
  await until(() => server.ready());
});

test('an Einsum of unknown ranks computes in its process what its equation says', async () => {
  const shape = [1, 2, 3];
  const specs = ['a', 'b'].map((name) => ({ name, datatype: 'FP32', shape }) as const);
  const server = new ModelServer({
    source: new MemorySource([
      { signature: { ...ranks, inputs: specs }, file: 'einsum/unknown-rank.onnx' },
    ]),
    alias: 'champion',
    runtimes: { onnx: onnxRuntime() },
  });
  onTestFinished(() => server.close());
  await server.load('einsum');
  const data = Float32Array.of(1, 2, 3, 4, 5, 6);
  const inputs = specs.map((spec) => ({ ...spec, data: data.slice() }));
  const { outputs } = await server.infer({ model: 'einsum' }, { inputs });
  expect(outputs[0]?.shape).toEqual([1, 2, 2]);
  expect([...(outputs[0]?.data ?? [])]).toEqual([14, 32, 32, 77]);
});
