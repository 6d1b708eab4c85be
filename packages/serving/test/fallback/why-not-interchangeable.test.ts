import { expect, test } from 'vitest';
import type { Signature, TensorSpec } from '@fairlead/signature';
import { whyNotInterchangeable } from '../../src/fallback/why-not-interchangeable.ts';

const x = (more: Partial<TensorSpec> = {}): TensorSpec => ({
  name: 'x',
  datatype: 'FP32',
  shape: [-1, 2],
  ...more,
});
const of = (inputs: readonly TensorSpec[], outputs: readonly TensorSpec[] = [x()]): Signature => ({
  inputs,
  outputs,
});
const range = { min: 0, max: 1 };
const features = [{ name: 'a', range }, { name: 'b' }];

test.each<[string, Signature, Signature]>([
  ['the same', of([x()]), of([x()])],
  ['in another order', of([x(), x({ name: 'y' })]), of([x({ name: 'y' }), x()])],
  ['one that takes more', of([x({ shape: [1, 2] })]), of([x()])],
  ['one that gives less', of([x()], [x()]), of([x()], [x({ shape: [1, 2] })])],
  ['one that checks less', of([x({ range })]), of([x()])],
  ['one that checks the same', of([x({ range, features })]), of([x({ range, features })])],
  [
    'one that is described otherwise',
    of([x()]),
    of([x({ description: 'as it was', units: 'mm' })]),
  ],
])('fits: %s', (_what, primary, fallback) => {
  expect(whyNotInterchangeable(primary, fallback)).toBeUndefined();
});

test.each<[string, Signature, Signature, string]>([
  ['a missing input', of([x(), x({ name: 'y' })]), of([x()]), 'it has no input "y"'],
  ['another input', of([x()]), of([x(), x({ name: 'y' })]), 'it has another input, "y"'],
  ['a missing output', of([x()], [x()]), of([x()], []), 'it has no output "x"'],
  ['another output', of([x()], []), of([x()], [x()]), 'it has another output, "x"'],
  [
    'another datatype',
    of([x()]),
    of([x({ datatype: 'FP64' })]),
    'its input "x" is FP64 [-1,2], not FP32 [-1,2]',
  ],
  ['a narrower shape', of([x()]), of([x({ shape: [1, 2] })]), 'is FP32 [1,2], not FP32 [-1,2]'],
  ['another rank', of([x()]), of([x({ shape: [-1] })]), 'is FP32 [-1], not'],
  ['a wider output', of([x()], [x({ shape: [1, 2] })]), of([x()], [x()]), 'its output "x" is'],
  ['an additional range', of([x()]), of([x({ range })]), 'is FP32 [-1,2] with limits, not'],
  ['another range', of([x({ range })]), of([x({ range: { min: 0 } })]), 'with limits, not'],
  ['a feature with a range', of([x()]), of([x({ features })]), 'with limits, not'],
])('does not fit: %s', (_what, primary, fallback, reason) => {
  expect(whyNotInterchangeable(primary, fallback)).toContain(reason);
});
