import { stripVTControlCharacters } from 'node:util';

import type { TestCounts } from './test-counts.ts';

/** A test that failed, for the list at the end of a run. */
export interface FailedTest {
  /** The test with the groups it is in; the file where it failed outside of a test. */
  readonly title: string;
  /** The file of the test, as the test runner names it. */
  readonly file: string;
  /** The failure's message, without a stack. */
  readonly message: string;
}

/** Contents of one report of a test runner. */
export interface TestReport {
  readonly counts: TestCounts;
  readonly failedTests: readonly FailedTest[];
}

const MAX_MESSAGE_LINES = 12;
const STACK_FRAME = /^\s+at .+:\d+:\d+\)?$/;

/** The message of a failure, without colors and the stack that test runners append, and at most 12 lines of it. */
export function messageOf(failure: string): string {
  const lines = stripVTControlCharacters(failure).trim().split('\n');
  const stack = lines.findIndex((line) => STACK_FRAME.test(line));
  const message = stack === -1 ? lines : lines.slice(0, stack);
  const shown = message.slice(0, MAX_MESSAGE_LINES);
  if (message.length > shown.length) shown.push('…');
  return shown.join('\n');
}
