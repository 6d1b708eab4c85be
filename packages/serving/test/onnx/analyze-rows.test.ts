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

/** Models with an operator that the analysis can't follow. */
const NOT_FOLLOWED = [
  'neighbors-reshaped',
  'branch-with-sum',
  'function-with-largest-row',
  'transposed-into-its-shape',
  'broadcast-before-reshape',
  'rows-cast-to-boolean',
];

function analyze(name: string) {
  const model = readOnnxModel(readFileSync(new URL(`${name}.onnx`, folder)));
  return analyzeRows(model, models[name]?.signature ?? { inputs: [], outputs: [] });
}

test.each(Object.entries(models))(
  '%s: the graph alone shows whether rows influence each other',
  (name, { independent }) => {
    const expected = independent ? 'independent' : 'dependent';
    expect(analyze(name).rows).toBe(NOT_FOLLOWED.includes(name) ? 'unknown' : expected);
  },
);

test.each([
  ['running-sum', 'CumSum sums along the rows'],
  ['time-major-lstm', 'LSTM takes the rows for steps in time'],
  ['attention-without-batch', 'MatMul multiplies rows with each other'],
  ['convolution-over-rows', 'Conv computes neighboring rows together'],
  ['pairwise-ranking', 'Sub combines each row with every other'],
  ['divided-by-rows', 'Div computes with the number of rows'],
  ['neighbors-reshaped', 'Reshape reshapes across rows'],
  ['sum-beyond-limit', 'ReduceMax reduces along the rows'],
  ['branch-with-outer-value', 'ReduceMax reduces along the rows'],
  ['branch-with-sum', 'If runs a graph within the graph'],
  ['steps-of-longest-row', 'ReduceMax reduces along the rows'],
  ['function-of-largest-row', 'ReduceMax reduces along the rows'],
  [
    'function-with-largest-row',
    'Raise is of a function of the model or an undeclared operator set',
  ],
  ['cnn', 'its graph of 8 operators keeps rows apart'],
])('%s: the reason names the operator: %s', (name, reason) => {
  expect(analyze(name).reason).toBe(reason);
});
