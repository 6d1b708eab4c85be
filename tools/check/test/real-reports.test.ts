import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { readPytestReport } from '../src/pytest-report.ts';
import { readVitestReport } from '../src/vitest-report.ts';

const root = resolve(import.meta.dirname, '../../..');
const TIMEOUT_MS = 120_000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-reports-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Runs a program in the folder; what it says, if it ended with that exit code. */
function run(exitCode: number, program: string, ...args: readonly string[]): Promise<string> {
  return new Promise((done, fail) => {
    execFile(program, args, { cwd: folder }, (error, stdout, stderr) => {
      if ((error === null ? 0 : error.code) === exitCode) done(stdout);
      else fail(new Error(`ended with ${String(error?.code)}:\n${stdout}\n${stderr}`));
    });
  });
}

it('counts what Vitest really reports', { timeout: TIMEOUT_MS }, async () => {
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(
    join(folder, 'some.test.js'),
    `import { describe, expect, it } from 'vitest';
     it.each([1, 2, 3])('passes %i', (n) => expect(n).toBe(n));
     it('fails', () => expect(1).toBe(2));
     it.fails('fails as expected', () => expect(1).toBe(2));
     it.skip('is skipped', () => {});
     it.todo('is to be written');
     describe('a group', () => it('throws', () => { throw new Error('no'); }));`,
  );
  writeFileSync(
    join(folder, 'hook.test.js'),
    `import { afterAll, expect, it } from 'vitest';
     it('passes', () => expect(1).toBe(1));
     afterAll(() => { throw new Error('the clean-up failed'); });`,
  );
  writeFileSync(join(folder, 'broken.test.js'), `import './no-such-file.js';`);
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const args = ['run', '--root', folder, '--reporter=json', '--outputFile=report.json'];
  await run(1, process.execPath, vitest, ...args);
  const text = readFileSync(join(folder, 'report.json'), 'utf8');
  // Failed: two tests, the file that can't be loaded, and the one whose hook threw.
  const { counts, failedTests } = readVitestReport(text);
  expect(counts).toEqual({ passed: 5, failed: 4, skipped: 2 });
  const at = (file: string): string => join(folder, file);
  const failures = failedTests.map(({ file, title, message }) => [file, title, message].join(': '));
  expect(failures.sort()).toEqual([
    `${at('broken.test.js')}: outside of its tests: Cannot find module './no-such-file.js' imported from ${at('broken.test.js')}`,
    `${at('hook.test.js')}: outside of its tests: the clean-up failed`,
    `${at('some.test.js')}: a group throws: Error: no`,
    `${at('some.test.js')}: fails: AssertionError: expected 1 to be 2 // Object.is equality`,
  ]);
});

it('counts what pytest really reports', { timeout: TIMEOUT_MS }, async () => {
  const python = join(root, '.venv/bin/python');
  if (!existsSync(python)) {
    throw new Error(`${python} is missing. Install it with: node tools/setup/setup.mjs --dev`);
  }
  writeFileSync(
    join(folder, 'test_some.py'),
    `import pytest

@pytest.mark.parametrize("text", ["<testsuite tests=\\"9\\" ", "]]>", "ä"])
def test_passes(text): print(text)

def test_fails(): assert "<testsuite tests=\\"9\\" >" == ""

def test_is_skipped(): pytest.skip("no")

@pytest.mark.xfail
def test_fails_as_expected(): assert 1 == 2

@pytest.fixture
def broken(): raise ValueError("<no>")

def test_has_a_broken_fixture(broken): pass
`,
  );
  await run(1, python, '-m', 'pytest', '-p', 'no:cacheprovider', '--junitxml=report.xml');
  const text = readFileSync(join(folder, 'report.xml'), 'utf8');
  const { counts, failedTests } = readPytestReport(text);
  expect(counts).toEqual({ passed: 3, failed: 2, skipped: 2 });
  expect(failedTests).toEqual([
    {
      title: 'test_fails',
      file: 'test_some',
      message: `assert '<testsuite tests="9" >' == ''\n  \n  + <testsuite tests="9" >`,
    },
    {
      title: 'test_has_a_broken_fixture',
      file: 'test_some',
      message: 'failed on setup with "ValueError: <no>"',
    },
  ]);
});
