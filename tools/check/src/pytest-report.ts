import type { TestCounts } from './test-counts.ts';

/**
 * Counts the tests of a report that pytest wrote with `--junitxml`. An error outside of a test's body counts as a failure.
 *
 * @throws Error when the text is no such report
 */
export function readPytestReport(text: string): TestCounts {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  // Attributes and text of tests can't contain a `<`: XML has it escaped there, but for CDATA, which pytest doesn't write.
  const suites = [...text.matchAll(/<testsuite (?<attributes>[^<>]*)>/g)];
  if (suites.length === 0) throw new Error('this is not a JUnit report of pytest');
  for (const { groups } of suites) {
    const attributes = groups?.attributes ?? '';
    const failed = count(attributes, 'failures') + count(attributes, 'errors');
    const skipped = count(attributes, 'skipped');
    counts.failed += failed;
    counts.skipped += skipped;
    counts.passed += count(attributes, 'tests') - failed - skipped;
  }
  return counts;
}

function count(attributes: string, name: string): number {
  const digits = new RegExp(`(?:^| )${name}="(\\d+)"`).exec(attributes)?.[1];
  if (digits === undefined) throw new Error(`the JUnit report does not say how many ${name}`);
  return Number(digits);
}
