import { describe, expect, it } from 'vitest';

import { readPytestReport } from '../src/pytest-report.ts';

const report = (...attributes: readonly string[]): string =>
  `<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests">${attributes
    .map(
      (text) =>
        `<testsuite ${text}><testcase name="t[&lt;testsuite tests=&quot;9&quot;&gt;]"/></testsuite>`,
    )
    .join('')}</testsuites>`;

describe('readPytestReport', () => {
  it('counts failures and errors as failed, and what was skipped as neither', () => {
    const text = report(
      'name="pytest" errors="1" failures="2" skipped="3" tests="10" time="4.5" timestamp="now"',
    );
    expect(readPytestReport(text).counts).toEqual({ passed: 4, failed: 3, skipped: 3 });
  });

  it('sums all suites', () => {
    const suite = 'errors="0" failures="0" skipped="0" tests="2"';
    expect(readPytestReport(report(suite, suite)).counts).toEqual({
      passed: 4,
      failed: 0,
      skipped: 0,
    });
  });

  it.each(['', '<html></html>', report('tests="1" errors="0" skipped="0"')])(
    'refuses %j',
    (text) => {
      expect(() => readPytestReport(text)).toThrow(/JUnit report/);
    },
  );
});
