import { messageOf, type FailedTest, type TestReport } from './test-report.ts';

interface VitestTest {
  readonly status: string;
  readonly fullName?: string;
  readonly failureMessages?: readonly string[];
}

interface VitestReport {
  readonly testResults: readonly {
    readonly name?: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly VitestTest[];
  }[];
}

/**
 * Reads a report of Vitest's reporter `json`.
 *
 * A file that failed without a failed test, because it can't be loaded or a hook of it threw, counts as one failure.
 *
 * @throws Error when the text is no such report
 */
export function readVitestReport(text: string): TestReport {
  const report: unknown = JSON.parse(text);
  if (!isVitestReport(report)) throw new Error('this is not a JSON report of Vitest');
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const failedTests: FailedTest[] = [];
  for (const {
    name: file = 'unknown file',
    status,
    message = '',
    assertionResults,
  } of report.testResults) {
    const failedBefore = counts.failed;
    for (const test of assertionResults) {
      if (test.status === 'passed') counts.passed += 1;
      else if (test.status === 'failed') {
        counts.failed += 1;
        const { fullName = 'unnamed test', failureMessages = [] } = test;
        failedTests.push({ title: fullName, file, message: messageOf(failureMessages.join('\n')) });
      } else counts.skipped += 1;
    }
    if (status !== 'passed' && counts.failed === failedBefore) {
      counts.failed += 1;
      failedTests.push({ title: 'outside of its tests', file, message: messageOf(message) });
    }
  }
  return { counts, failedTests };
}

function isVitestReport(value: unknown): value is VitestReport {
  return (
    has(value, 'testResults') &&
    Array.isArray(value.testResults) &&
    value.testResults.every(
      (file: unknown) =>
        has(file, 'status') &&
        has(file, 'assertionResults') &&
        Array.isArray(file.assertionResults) &&
        file.assertionResults.every((test: unknown) => has(test, 'status')),
    )
  );
}

function has<K extends string>(value: unknown, key: K): value is Record<K, unknown> {
  return typeof value === 'object' && value !== null && key in value;
}
