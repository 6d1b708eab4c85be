import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BackendCase, listBackendCases } from '../src/backend-case.ts';
import { runBackendTests } from '../src/backend-tests.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'fairlead-backend-short-'));
/** The cases with stored data sets, one of every so many: the long form runs all, and those that are made. */
const STRIDE = 7;
let all: readonly BackendCase[] = [];
let cases: readonly BackendCase[] = [];

beforeAll(() => {
  const python = join(root, '.venv/bin/python');
  if (!existsSync(python)) throw new Error(`${python} is missing: run "npm test" in the root`);
  const { status, stderr } = spawnSync(
    python,
    ['-W', 'ignore', '-m', 'fairlead_models.backend_cases', join(folder, 'cases'), 'stored'],
    { cwd: join(root, 'tools/models/src'), encoding: 'utf8' },
  );
  expect(stderr).toBe('');
  expect(status).toBe(0);
  all = listBackendCases(join(folder, 'cases'));
  expect(all.length).toBeGreaterThanOrEqual(140);
  cases = all.filter((_, index) => index % STRIDE === 0);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test.each(['workers', 'automatic'] as const)(
  "ONNX's stored backend tests pass with %s, or are refused for what ONNX Runtime refuses",
  async (path) => {
    const outcomes = await runBackendTests(cases, path);
    expect(outcomes).toHaveLength(cases.length);
    const wrong = outcomes.filter(({ kind }) => !['passed', 'runtime', 'refused'].includes(kind));
    expect(wrong).toEqual([]);
    const passed = outcomes.filter(({ kind }) => kind === 'passed');
    // Operators of before opset 7 have no kernel in ONNX Runtime.
    expect(passed.length).toBeGreaterThanOrEqual(Math.floor(cases.length * 0.6));
  },
);

test('a case that expects something else is not passed', async () => {
  const first = all.find(({ name }) => name === 'pytorch-converted-test_Sigmoid');
  if (first === undefined) throw new Error('no case');
  const [set] = first.sets();
  if (set === undefined) throw new Error('no data set');
  const outputs = set.outputs.map((tensor) => ({ ...tensor, shape: [...tensor.shape, 1] }));
  const altered = { ...first, sets: () => [{ ...set, outputs }] };
  // ONNX Runtime alone answers as the library does: the case is what is wrong.
  expect(await runBackendTests([altered], 'workers')).toMatchObject([{ kind: 'runtime' }]);
});
