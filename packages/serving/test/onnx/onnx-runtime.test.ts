import { until } from '@fairlead/test-support/polling';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, test } from 'vitest';
import type { Signature, Tensor } from '@fairlead/signature';
import { ServingError, type Runtime, type RuntimeEvent } from '@fairlead/serving';
import { onnxRuntime, type OnnxRuntimeOptions } from '@fairlead/serving/onnx';
import { affine, MemorySource, slow } from '../memory-source.ts';

const runtimes: Runtime[] = [];
afterEach(async () => {
  await Promise.all(runtimes.splice(0).map((runtime) => runtime.close()));
  // No thread is left after any test: each one has a port.
  await until(() => !process.getActiveResourcesInfo().includes('MessagePort'));
});

async function load(
  signature: Signature,
  file: string,
  options: OnnxRuntimeOptions = {},
  events: RuntimeEvent[] = [],
): Promise<Runtime> {
  const artifacts = await new MemorySource([{ signature, file }]).openVersion('m', 1);
  const runtime = await onnxRuntime(options).load(artifacts, {
    onEvent: (event) => events.push(event),
  });
  runtimes.push(runtime);
  return runtime;
}

const context = { signal: new AbortController().signal, requestIds: [], ownsInputs: false };
const x = (...data: number[]): Tensor => ({
  name: 'x',
  datatype: 'FP32',
  shape: [data.length / 2, 2],
  data: new Float32Array(data),
});
const times = (count: number): Tensor => ({
  name: 'times',
  datatype: 'INT64',
  shape: [1],
  data: new BigInt64Array([BigInt(count)]),
});
const code = async (promise: Promise<unknown>): Promise<string> => {
  try {
    await promise;
  } catch (error) {
    expect(error).toBeInstanceOf(ServingError);
    return (error as ServingError).code;
  }
  return 'no error';
};

describe('running', () => {
  test('gives what the model computes, and leaves the inputs usable', async () => {
    const runtime = await load(affine, 'affine.onnx');
    const input = x(1, 2, 3, 4);
    for (let round = 0; round < 2; round++) {
      const { outputs, computeDurationMs } = await runtime.execute([input], context);
      expect(outputs).toEqual([
        { name: 'y', datatype: 'FP32', shape: [2, 2], data: new Float32Array([3, 5, 7, 9]) },
      ]);
      expect(computeDurationMs).toBeGreaterThan(0);
    }
  });

  const specs = (['INT64', 'BYTES', 'FP16', 'BOOL'] as const).map((datatype, index) => ({
    name: ['whole', 'text', 'half', 'flag'][index] ?? '',
    datatype,
    shape: [-1],
  }));
  const echo = {
    inputs: specs,
    outputs: specs.map((spec) => ({ ...spec, name: `${spec.name}_out` })),
  };
  const withText = (data: readonly Uint8Array[]): Tensor[] => [
    { name: 'whole', datatype: 'INT64', shape: [1], data: new BigInt64Array(1) },
    { name: 'text', datatype: 'BYTES', shape: [data.length], data },
    { name: 'half', datatype: 'FP16', shape: [1], data: new Uint16Array(1) },
    { name: 'flag', datatype: 'BOOL', shape: [1], data: new Uint8Array(1) },
  ];

  test('carries any text, a mark at its beginning included', async () => {
    const runtime = await load(echo, 'echo.onnx');
    const texts = ['\ufeffx', '', 'é', '🚀', 'x'.repeat(70_000)];
    const data = texts.map((text) => new TextEncoder().encode(text));
    const { outputs } = await runtime.execute(withText(data), context);
    const [, text] = outputs;
    expect(
      text?.datatype === 'BYTES' && text.data.map((each) => Buffer.from(each).toString()),
    ).toEqual(texts);
  });

  test.each([
    ['a NUL, at which ONNX Runtime would end it', Buffer.from('a\0b'), 'NUL'],
    ['what is not UTF-8', Buffer.from([0x61, 0xff]), 'UTF-8'],
  ])('refuses %s', async (_what, bytes, message) => {
    const runtime = await load(echo, 'echo.onnx');
    await expect(runtime.execute(withText([bytes]), context)).rejects.toMatchObject({
      code: 'ERR_SERVING_BAD_REQUEST',
      message: expect.stringContaining(message) as string,
    });
    expect((await runtime.execute(withText([Buffer.from('a')]), context)).outputs).toHaveLength(4);
  });

  test('carries integers, text, half precision and booleans unchanged', async () => {
    const encoder = new TextEncoder();
    const inputs: Tensor[] = [
      { name: 'whole', datatype: 'INT64', shape: [2], data: new BigInt64Array([2n ** 62n, -1n]) },
      {
        name: 'text',
        datatype: 'BYTES',
        shape: [2],
        data: [encoder.encode('é'), encoder.encode('')],
      },
      { name: 'half', datatype: 'FP16', shape: [2], data: new Uint16Array([0x3c00, 0x7bff]) },
      { name: 'flag', datatype: 'BOOL', shape: [2], data: new Uint8Array([1, 0]) },
    ];
    const runtime = await load(echo, 'echo.onnx');
    const result = await runtime.execute(inputs, context);
    expect(result.outputs).toEqual(
      inputs.map((input) => ({ ...input, name: `${input.name}_out` })),
    );
  });

  describe('takes weights that a model keeps beside it', () => {
    // As MLflow keeps them: y = 2 x + 1, with both numbers in another file.
    const folder = new URL('../../../registry/test/sources/mlflow/external-data/', import.meta.url);
    const data = readdirSync(folder).find((name) => name.endsWith('.data')) ?? '';
    const loadFrom = async (prefix: string, externalData: unknown): Promise<Runtime> => {
      const options = { path: `${prefix}model.onnx`, externalData };
      const runtime = await onnxRuntime({ workers: 2 }).load(
        {
          manifest: {
            model: 'm',
            version: 1,
            signature: affine,
            runtime: { name: 'onnx', options },
          },
          read: (path) => readFile(new URL(path.slice(prefix.length), folder)),
        },
        { onEvent: () => undefined },
      );
      runtimes.push(runtime);
      return runtime;
    };

    test.each(['', 'net/inner/'])('in the folder "%s"', async (prefix) => {
      const runtime = await loadFrom(prefix, [`${prefix}${data}`]);
      const { outputs } = await runtime.execute([x(1, 2)], context);
      expect(outputs[0]?.data).toEqual(new Float32Array([3, 5]));
    });

    test.each([[undefined], [[]], ['weights'], [[1]]])(
      'and names the option externalData %j',
      async (given) => {
        expect(await code(loadFrom('', given))).toBe('ERR_SERVING_LOAD_FAILED');
      },
    );
  });

  test('routes each of many concurrent results to its request', async () => {
    const runtime = await load(affine, 'affine.onnx', { workers: 2 });
    await Promise.all(
      Array.from({ length: 300 }, async (_, index) => {
        const { outputs } = await runtime.execute([x(index, -index)], context);
        expect(outputs[0]?.data).toEqual(new Float32Array([2 * index + 1, 1 - 2 * index]));
      }),
    );
  });

  test('an input that the model rejects fails alone, with the reason', async () => {
    const runtime = await load(
      {
        inputs: [{ name: 'index', datatype: 'INT64', shape: [-1] }],
        outputs: [{ name: 'value', datatype: 'FP32', shape: [-1] }],
      },
      'picky.onnx',
    );
    const at = (index: bigint): Tensor => ({
      name: 'index',
      datatype: 'INT64',
      shape: [1],
      data: new BigInt64Array([index]),
    });
    const bad = runtime.execute([at(7n)], context);
    const good = runtime.execute([at(1n)], context);
    await expect(bad).rejects.toThrow(/model "m" version 1 failed: .*out of/);
    expect((await good).outputs[0]?.data).toEqual(new Float32Array([20]));
    expect(await runtime.unhealthy()).toBeUndefined();
  });

  test('the event loop goes on while the model computes', async () => {
    const runtime = await load(slow, 'slow.onnx');
    let turns = 0;
    const ticking = setInterval(() => turns++, 1);
    await runtime.execute([times(3000)], context);
    clearInterval(ticking);
    expect(turns).toBeGreaterThan(5);
  });
});

describe('loading', () => {
  test.each([
    ['a file that is no model', { ...affine }, 'make-models.py', /can't be loaded/],
    [
      'an input that the model has not',
      { ...affine, inputs: [{ ...affine.inputs[0], name: 'z' }] } as Signature,
      'affine.onnx',
      /inputs \["z"\], the model file has \["x"\]/,
    ],
    [
      'an output that the model has not',
      { ...affine, outputs: [{ ...affine.outputs[0], name: 'z' }] } as Signature,
      'affine.onnx',
      /outputs \["z"\]/,
    ],
  ])('%s is refused', async (_name, signature, file, message) => {
    const loading = load(signature, file);
    await expect(loading).rejects.toThrow(message);
    expect(await code(loading)).toBe('ERR_SERVING_LOAD_FAILED');
  });

  test('an output of another datatype than the signature promises is refused when it comes', async () => {
    const outputs = [{ name: 'y', datatype: 'FP64' as const, shape: [-1, 2] }];
    const runtime = await load({ ...affine, outputs }, 'affine.onnx');
    await expect(runtime.execute([x(1, 2)], context)).rejects.toThrow(
      'output "y" is float32, the signature says FP64',
    );
  });

  test.each([
    [{ workers: 0 }, 'workers is 0'],
    [{ intraOpThreads: 1.5 }, 'intraOpThreads is 1.5'],
    [{ executionTimeoutMs: NaN }, 'executionTimeoutMs is NaN'],
  ])('options %j are refused at once', (options, message) => {
    expect(() => onnxRuntime(options)).toThrow(message);
  });
});

describe('under load and failure', () => {
  test('a hung worker is replaced: its request fails, waiting requests are answered', async () => {
    const events: RuntimeEvent[] = [];
    // One thread each: the hung worker computes on, and must leave a core to the next one.
    const options = { executionTimeoutMs: 500, intraOpThreads: 1 };
    const runtime = await load(slow, 'slow.onnx', options, events);
    const hung = runtime.execute([times(15_000)], context);
    const waiting = runtime.execute([times(1)], context);
    await expect(hung).rejects.toThrow('took longer than 500 ms');
    expect((await waiting).outputs).toHaveLength(1);
    expect(events).toEqual([
      { type: 'worker-lost', reason: 'an execution took longer than 500 ms' },
    ]);
    expect(await runtime.unhealthy()).toBeUndefined();
  });

  test('closing answers everybody', async () => {
    const runtime = await load(slow, 'slow.onnx');
    const settled = Promise.allSettled(
      [0, 1, 2].map(() => runtime.execute([times(1000)], context)),
    );
    await runtime.close();
    for (const result of await settled) expect(result.status).toBe('rejected');
    expect(await code(runtime.execute([times(1)], context))).toBe('ERR_SERVING_CLOSED');
  });
});
