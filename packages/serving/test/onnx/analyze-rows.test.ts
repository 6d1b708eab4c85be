import { readFileSync } from 'node:fs';
import type { Signature } from '@fairlead/signature';
import { readOnnxModel } from '@fairlead/signature/onnx';
import { expect, test } from 'vitest';
import { analyzeRows } from '../../src/onnx/rows/analyze-rows.ts';

interface RowModel {
  readonly independent: boolean;
  readonly signature: Signature;
}

const folder = new URL('../models/rows/', import.meta.url);
const models = JSON.parse(readFileSync(new URL('models.json', folder), 'utf8')) as Readonly<
  Record<string, RowModel>
>;

function analyze(name: string) {
  const model = readOnnxModel(readFileSync(new URL(`${name}.onnx`, folder)));
  return analyzeRows(model, models[name]?.signature ?? { inputs: [], outputs: [] });
}

test.each(Object.entries(models))(
  '%s: the graph alone shows whether rows influence each other',
  (name, { independent }) => {
    const expected = independent ? 'independent' : 'dependent';
    // What it can't follow it leaves to trial.
    expect(analyze(name).rows).toBe(name === 'neighbours-reshaped' ? 'unknown' : expected);
  },
);

test.each([
  ['running-sum', 'CumSum sums along the rows'],
  ['time-major-lstm', 'LSTM takes the rows for steps in time'],
  ['attention-without-batch', 'MatMul multiplies rows with each other'],
  ['convolution-over-rows', 'Conv computes neighbouring rows together'],
  ['pairwise-ranking', 'Sub combines each row with every other'],
  ['divided-by-rows', 'Div computes with the number of rows'],
  ['neighbours-reshaped', 'Reshape reshapes across rows'],
  ['cnn', 'its graph of 8 operators keeps rows apart'],
])('%s: the reason names the operator: %s', (name, reason) => {
  expect(analyze(name).reason).toBe(reason);
});
