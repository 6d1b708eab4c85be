import { describe, expect, it } from 'vitest';

import { readVitestReport } from '../src/vitest-report.ts';

const file = (status: string, ...tests: readonly string[]): unknown => ({
  status,
  assertionResults: tests.map((test) => ({ status: test })),
});
const report = (...testResults: readonly unknown[]): string => JSON.stringify({ testResults });

describe('readVitestReport', () => {
  it('counts passed, failed and skipped tests over all files', () => {
    const text = report(
      file('passed', 'passed', 'passed', 'skipped', 'todo'),
      file('failed', 'passed', 'failed', 'failed', 'pending'),
    );
    expect(readVitestReport(text).counts).toEqual({ passed: 3, failed: 2, skipped: 3 });
  });

  it('counts a file that failed without a failed test as one failure', () => {
    expect(readVitestReport(report(file('failed'))).counts).toEqual({
      passed: 0,
      failed: 1,
      skipped: 0,
    });
    expect(readVitestReport(report(file('failed', 'passed', 'skipped'))).counts).toEqual({
      passed: 1,
      failed: 1,
      skipped: 1,
    });
  });

  it.each(['', '{', 'null', '{}', '{"testResults":[{}]}', '{"testResults":[{"status":"passed"}]}'])(
    'refuses %j',
    (text) => {
      expect(() => readVitestReport(text)).toThrow(Error);
    },
  );
});
