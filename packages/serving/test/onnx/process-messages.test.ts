import { readFile } from 'node:fs/promises';
import { slowness } from '@fairlead/test-support/slowness';
import type { Tensor } from '@fairlead/signature';
import { expect, onTestFinished, test } from 'vitest';
import { MemoryMeter } from '../../src/onnx/memory-meter.ts';
import { OnnxHost } from '../../src/onnx/onnx-host.ts';
import { affine } from '../memory-source.ts';
import { longestTurnMs } from './turns.ts';

// One message of this size takes about twice as long, its parts a fifth.
const MAX_TURN_MS = 25;
const ROWS = (64 * 1024 * 1024) / 8;

test('64 MiB to a child process and back do not hold the event loop', async () => {
  const host = new OnnxHost('process');
  onTestFinished(() => host.close());
  const model = {
    bytes: await readFile(new URL('../models/affine.onnx', import.meta.url)),
    externalData: [],
    inputs: affine.inputs.map(({ name }) => name),
    outputs: affine.outputs.map(({ name, datatype }) => ({ name, datatype })),
    intraOpThreads: 1,
  };
  const [session] = await host.load(model, {
    timeoutMs: 60_000,
    meter: new MemoryMeter(),
    onHang: () => undefined,
  });
  const [name = ''] = model.inputs;
  const data = Float32Array.from({ length: ROWS * 2 }, (_, index) => index % 1000);
  const input: Tensor = { name, datatype: 'FP32', shape: [ROWS, 2], data };
  let outputs: readonly Tensor[] = [];
  const longest = await longestTurnMs(async () => {
    ({ outputs } = await session.run([input], true, 60_000));
  });
  expect(longest).toBeLessThan(MAX_TURN_MS * slowness());
  const [output] = outputs;
  expect(output?.shape).toEqual([ROWS, 2]);
  const wrong = data.findIndex((x, index) => output?.data[index] !== 2 * x + 1);
  expect(wrong).toBe(-1);
});
