import { expect, onTestFinished, test } from 'vitest';
import type { Signature, Tensor } from '@fairlead/signature';
import { ModelServer, type ExecutedEvent, type InferenceFinishedEvent } from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { countRows } from '../../src/models/count-rows.ts';
import { MemorySource } from '../memory-source.ts';

const tensor = (...shape: number[]): Tensor => ({
  name: 'x',
  datatype: 'FP32',
  shape,
  data: new Float32Array(shape.reduce((product, length) => product * length, 1)),
});

test.each<[number, readonly Tensor[]]>([
  [3, [tensor(3, 2)]],
  [0, [tensor(0, 2)]],
  [0, [tensor(2 ** 31 - 1, 0)]],
  [0, [tensor(5, 3, 0), tensor(7, 0)]],
  [2, [tensor(1000, 0), tensor(2, 2)]],
  [1, [tensor()]],
  [1, []],
])('%i rows', (rows, inputs) => {
  expect(countRows(inputs)).toBe(rows);
});

test('an empty tensor adds no rows to statistics and metrics, regardless of its first dimension', async () => {
  const dims = (name: string) => ({ name, datatype: 'FP32' as const, shape: [-1, -1] });
  const signature: Signature = { inputs: [dims('x')], outputs: [dims('y')] };
  const finished: InferenceFinishedEvent[] = [];
  const executed: ExecutedEvent[] = [];
  const server = new ModelServer({
    source: new MemorySource([{ signature, file: 'wide.onnx' }]),
    runtimes: { onnx: onnxRuntime() },
    observer: {
      inferenceStarted: () => undefined,
      inferenceFinished: (event) => finished.push(event),
      executed: (event) => executed.push(event),
    },
  });
  onTestFinished(() => server.close());
  await server.serve('wide');
  executed.length = 0;
  const before = server.loadedVersions[0]?.statistics.read().inferenceCount ?? NaN;
  for (const shape of [
    [100_000, 0],
    [5, 0],
    [2, 3],
  ] as const) {
    const { outputs } = await server.infer({ model: 'wide' }, { inputs: [tensor(...shape)] });
    expect(outputs[0]?.shape).toEqual(shape);
  }
  expect(finished.map(({ rows }) => rows)).toEqual([0, 0, 2]);
  expect(executed.map(({ batchSize }) => batchSize)).toEqual([0, 0, 2]);
  expect(server.loadedVersions[0]?.statistics.read().inferenceCount).toBe(before + 2);
  await expect(
    server.infer({ model: 'wide' }, { inputs: [tensor(2 ** 31 - 1, 0)] }),
  ).rejects.toMatchObject({ code: 'ERR_SERVING_TOO_MANY_ROWS' });
});
