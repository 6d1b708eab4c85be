import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { placeWithRegistry, runProcess } from './support/fairlead.ts';

/** Its Einsum aborts the process where `a` has one row and a positive sum: a Squeeze leaves it one dimension. */
const branches = fileURLToPath(
  new URL('../../serving/test/models/einsum/branches.onnx', import.meta.url),
);

test('a golden example that ends the process of its model is an error at push, and does not end the command', async () => {
  const place = placeWithRegistry();
  const example = (data: readonly number[], y: number) => ({
    inputs: [{ name: 'a', datatype: 'FP32', shape: [1, 3], data }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [1], data: [y] }],
  });
  const push = async (golden: unknown) => {
    writeFileSync(join(place.folder, 'golden.json'), JSON.stringify([golden]));
    return runProcess(place, 'model', 'push', 'sums', branches, '--golden', 'golden.json');
  };
  const failed = await push(example([1, 2, 3], 6));
  expect(failed.exitCode).toBe(1);
  expect(failed.stderr).toContain('the process ended with SIGABRT');
  const right = await push(example([-1, -2, -3], -6));
  expect(right.stderr).toBe('');
  expect(right.exitCode).toBe(0);
});
