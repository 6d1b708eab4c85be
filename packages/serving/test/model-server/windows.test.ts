import { type InferenceObserver, type InferenceRecorder, ModelServer } from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { createBaseline, type Window, WindowRecorder } from '@fairlead/windows';
import { expect, expectTypeOf, onTestFinished, test } from 'vitest';
import { affine, MemorySource } from '../memory-source.ts';

const baseline = createBaseline(
  { 'x[0]': [1, 2, 2], 'x[1]': [5, 6, 7], 'y[0]': [3, 5, 5], 'y[1]': [11, 13, 15] },
  { signature: affine },
);

test('a recorder of windows counts what a model server is sent and answers', async () => {
  expectTypeOf<WindowRecorder>().toExtend<InferenceRecorder>();
  expectTypeOf<WindowRecorder>().toExtend<InferenceObserver>();
  const windows: Window[] = [];
  const recorder = new WindowRecorder({
    store: {
      add: (window) => {
        windows.push(window);
        return Promise.resolve();
      },
    },
    baselineOf: ({ model, version }) => (model === 'm' && version === '1' ? baseline : undefined),
  });
  const server = new ModelServer({
    source: new MemorySource([{ signature: affine }]),
    runtimes: { onnx: onnxRuntime() },
    recorder,
    observer: recorder,
  });
  onTestFinished(() => server.close());
  await server.serve('m');
  const infer = (data: readonly number[], width = 2) =>
    server.infer(
      { model: 'm' },
      {
        inputs: [
          {
            name: 'x',
            datatype: 'FP32',
            shape: [data.length / width, width],
            data: Float32Array.from(data),
          },
        ],
      },
    );
  await infer([1, 5, 2, 6]);
  await infer([2, 100]);
  await expect(infer([1, 2, 3], 3)).rejects.toThrow();
  await server.close();
  await recorder.close();
  expect(windows).toHaveLength(1);
  expect(windows[0]).toMatchObject({
    model: 'm',
    version: '1',
    requests: 3,
    failures: { OTHER: 1 },
    sample: { rows: 3, weight: 3 },
    features: [
      { name: 'x[0]', counts: { counts: [1, 2], over: 0 } },
      { name: 'x[1]', counts: { counts: [1, 1, 0], over: 1, overSum: [100] } },
    ],
    outputs: [
      { name: 'y[0]', counts: { counts: [1, 2] } },
      { name: 'y[1]', counts: { counts: [1, 1, 0], over: 1, overSum: [201] } },
    ],
    lost: { requests: 0, windows: 0 },
  });
  expect(windows[0]?.latency.counts.reduce((sum, count) => sum + count)).toBe(3);
});
