import { expect, test } from 'vitest';
import type { Tensor } from '@fairlead/signature';
import { compareTensors } from '../../src/warm-up/compare-tensors.ts';

const flags = (...data: readonly number[]): Tensor => ({
  name: 'flag',
  datatype: 'BOOL',
  shape: [data.length],
  data: Uint8Array.from(data),
});

test('a boolean that differs is named as true or false', () => {
  expect(compareTensors([flags(1, 1)], [flags(1, 0)], 1e-4)).toBe(
    'output "flag" is false at element 1, expected true',
  );
  expect(compareTensors([flags(1, 0)], [flags(1, 0)], 1e-4)).toBeUndefined();
});
