import { expect, test } from 'vitest';
import { emptyTally } from './batching/interleaving.ts';
import { runOnnxInterleavings } from './batching/onnx-interleavings.ts';
import { runInterleavings } from './batching/run-interleavings.ts';

// The long form, a million interleavings: npm run soak -- batching
test('in any interleaving each response is computed from the input of its request, by the version that it names', async () => {
  const tally = emptyTally();
  const count = 500;
  const { distinct } = await runInterleavings({ count, seed: 1, tally });
  expect(distinct).toBeGreaterThan(0.99 * count);
  // The run must contain what it tests.
  expect(tally.shared).toBeGreaterThan(100);
  expect(tally.swaps).toBeGreaterThan(1000);
  expect(Object.keys(tally.ends)).toEqual(
    expect.arrayContaining([
      'answered',
      'by fallback',
      'ERR_SERVING_CANCELED',
      'ERR_SERVING_DEADLINE_EXCEEDED',
      'ERR_SERVING_OVERLOADED',
      'ERR_SERVING_RUN_FAILED',
    ]),
  );
});

test('the same with ONNX models, in process and in workers, in real time', async () => {
  const tally = emptyTally();
  await runOnnxInterleavings(40, 1, tally);
  expect(tally.ends.answered).toBeGreaterThan(400);
});
