import { expect, test } from 'vitest';
import { runOnnxFiles } from './onnx-files/run-onnx-files.ts';

// The long form, a hundred thousand files: npm run soak -- onnx-files
test('mutated ONNX files read only files that the check reports, and have the inputs and outputs that it reports', async () => {
  const report = await runOnnxFiles({ seed: 1, count: 600 });
  expect(report.disagreements).toEqual([]);
  expect(report.touched).toBeGreaterThan(20);
  expect(report.agreed).toBeGreaterThan(8);
}, 180_000);
