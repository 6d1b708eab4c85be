import { readFileSync } from 'node:fs';
import { drawTensors, seededRandom, type Tensor } from '@fairlead/signature';
import { onnxSignature, readOnnxModel } from '@fairlead/signature/onnx';
import { afterEach, describe, expect, test } from 'vitest';
import { ModelServer, type ServingEvent } from '@fairlead/serving';
import { onnxRuntime, type OnnxRuntimeOptions } from '@fairlead/serving/onnx';
import { MemorySource } from './memory-source.ts';

const servers: ModelServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

function signatureOf(name: string) {
  const bytes = readFileSync(new URL(`./models/shapes/${name}.onnx`, import.meta.url));
  return onnxSignature(readOnnxModel(bytes).graph);
}

async function serve(name: string, options: OnnxRuntimeOptions) {
  const events: ServingEvent[] = [];
  const signature = signatureOf(name);
  const server = new ModelServer({
    source: new MemorySource([{ signature, file: `shapes/${name}.onnx` }]),
    runtimes: { onnx: onnxRuntime(options) },
    onEvent: (event) => events.push(event),
    retryDelayMs: 60_000,
  });
  servers.push(server);
  await server.load(name, {});
  const swapped = events.find((event) => event.type === 'swapped');
  const infer = async (inputs: readonly Tensor[]) =>
    (await server.infer({ model: name }, { inputs })).outputs;
  return { swapped, infer, signature };
}

describe.each<[string, OnnxRuntimeOptions]>([
  ['where the server decides how it is run', {}],
  ['in a worker', { workers: 1 }],
])('%s', (_, options) => {
  test('a model with an input of rank 0 loads, and answers', async () => {
    const { infer } = await serve('threshold', options);
    const x: Tensor = {
      name: 'x',
      datatype: 'FP32',
      shape: [2, 2],
      data: Float32Array.of(1, 2, 3, 4),
    };
    const threshold: Tensor = {
      name: 'threshold',
      datatype: 'FP32',
      shape: [],
      data: Float32Array.of(2.5),
    };
    expect((await infer([x, threshold]))[0]).toMatchObject({
      shape: [2, 2],
      data: Uint8Array.of(0, 0, 1, 1),
    });
  });

  test('a model of scalars alone loads, and answers', async () => {
    const { infer } = await serve('scalars', options);
    const scalar = (name: string, value: number): Tensor => ({
      name,
      datatype: 'FP32',
      shape: [],
      data: Float32Array.of(value),
    });
    expect((await infer([scalar('a', 2), scalar('b', 3)]))[0]).toMatchObject({
      shape: [],
      data: Float32Array.of(5),
    });
  });

  test('a dimension that is literally 0 is one of length 0', async () => {
    const { infer, signature } = await serve('empty', options);
    expect(signature.inputs[0]?.shape).toEqual([2, 0]);
    const x = (shape: number[], count: number): Tensor => ({
      name: 'x',
      datatype: 'FP32',
      shape,
      data: new Float32Array(count),
    });
    expect((await infer([x([2, 0], 0)]))[0]).toMatchObject({ data: Float32Array.of(0, 0) });
    await expect(infer([x([2, 1], 2)])).rejects.toMatchObject({
      code: 'ERR_SIGNATURE_MISMATCH',
      message: 'tensor "x": expected shape [2,0], found [2,1]',
    });
  });

  test.each(['empty-rows', 'ten-axes', 'thirty-twos', 'with-state'])(
    '%s loads, and ran before it is put in place',
    async (name) => {
      const { swapped, infer, signature } = await serve(name, options);
      expect(swapped).toMatchObject({ type: 'swapped' });
      expect(swapped).not.toHaveProperty('validationSkipped');
      const length = name === 'thirty-twos' ? 32 : 256;
      const inputs = drawTensors(signature.inputs, {
        random: seededRandom(name),
        lengthOf: ({ name: input }, axis) =>
          axis === 0 || input === 'state' ? 1 : name === 'ten-axes' ? 3 : length,
      });
      expect((await infer(inputs))[0]?.shape[0]).toBe(1);
    },
  );

  test('a model that no drawn input suits loads, says so, and its requests run alone', async () => {
    const { swapped, infer } = await serve('sevens', options);
    expect(swapped).toMatchObject({ batching: false });
    expect(swapped).toHaveProperty(
      'validationSkipped',
      expect.stringMatching(/^no input of ours suits it \(the last one: /) as string,
    );
    expect(swapped).toHaveProperty(
      'batchingReason',
      expect.stringContaining('no input of ours suits it') as string,
    );
    const x: Tensor = {
      name: 'x',
      datatype: 'FP32',
      shape: [1, 7],
      data: Float32Array.of(1, 2, 3, 4, 5, 6, 7),
    };
    expect((await infer([x]))[0]).toMatchObject({ data: Float32Array.of(28) });
  });
});
