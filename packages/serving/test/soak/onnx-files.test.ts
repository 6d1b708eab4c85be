import { expect, test } from 'vitest';
import { runOnnxFiles } from './onnx-files/run-onnx-files.ts';

// The long form, a hundred thousand files: npm run soak -- onnx-files
test('mutated ONNX files read no file of which the check says nothing, and have the inputs and outputs it says', async () => {
  const report = await runOnnxFiles({ seed: 1, count: 600 });
  expect(report.disagreements).toEqual([]);
  expect(report.touched).toBeGreaterThan(20);
  expect(report.agreed).toBeGreaterThan(8);
}, 180_000);
