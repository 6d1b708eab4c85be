import { messageOf, type FailedTest, type TestReport } from './test-report.ts';

// Attributes and text can't contain a `<`: pytest escapes it there, and writes no CDATA.
const SUITE = /<testsuite (?<attributes>[^<>]*)>/g;
const FAILED_TEST =
  /<testcase (?<attributes>[^<>]*)>(?:<properties>.*?<\/properties>)?<(?:failure|error) (?<problem>[^<>]*)>/gs;

/**
 * Reads a report that pytest wrote with `--junitxml`. An error outside of a test's body counts as a failure.
 *
 * @throws Error when the text is no such report
 */
export function readPytestReport(text: string): TestReport {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const suites = [...text.matchAll(SUITE)];
  if (suites.length === 0) throw new Error('this is not a JUnit report of pytest');
  for (const { groups } of suites) {
    const attributes = groups?.attributes ?? '';
    const failed = count(attributes, 'failures') + count(attributes, 'errors');
    const skipped = count(attributes, 'skipped');
    counts.failed += failed;
    counts.skipped += skipped;
    counts.passed += count(attributes, 'tests') - failed - skipped;
  }
  const failedTests = [...text.matchAll(FAILED_TEST)].map(({ groups }): FailedTest => {
    const { attributes = '', problem = '' } = groups ?? {};
    return {
      title: attribute(attributes, 'name') ?? 'unnamed test',
      file: attribute(attributes, 'classname') ?? 'unknown file',
      // With colors switched on, pytest writes escape characters as the text `#x1B`.
      message: messageOf((attribute(problem, 'message') ?? '').replaceAll('#x1B', '\x1b')),
    };
  });
  return { counts, failedTests };
}

function count(attributes: string, name: string): number {
  const digits = attribute(attributes, name);
  if (digits === undefined || !/^\d+$/.test(digits)) {
    throw new Error(`the JUnit report does not say how many ${name}`);
  }
  return Number(digits);
}

function attribute(attributes: string, name: string): string | undefined {
  const value = new RegExp(`(?:^| )${name}="(?<value>[^"]*)"`).exec(attributes)?.groups?.value;
  return value?.replaceAll(/&(?:#(?<code>\d+)|(?<entity>lt|gt|quot|apos|amp));/g, unescape);
}

const ENTITIES: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  amp: '&',
};

function unescape(_: string, code: string | undefined, entity: string | undefined): string {
  return code === undefined ? (ENTITIES[entity ?? ''] ?? '') : String.fromCodePoint(Number(code));
}
