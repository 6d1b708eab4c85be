import { expect, test } from 'vitest';
import type { InferenceRecorder } from '@fairlead/serving';
import { combineRecorders } from '../../src/recording/combine-recorders.ts';

const label = { model: 'm', version: '1' };
const recorder = (readsInputs?: boolean): InferenceRecorder => ({
  record: () => undefined,
  ...(readsInputs !== undefined && { readsInputs: () => readsInputs }),
});

test.each([
  [[false, false], false],
  [[false, true], true],
  [[true, false], true],
  [[false, undefined], true],
])('recorders that read inputs %s read them together: %s', (each, expected) => {
  expect(combineRecorders(each.map(recorder))?.readsInputs?.(label, 'a')).toBe(expected);
});
