import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';

import type { Project } from './project.ts';
import { runStep, type StepOptions } from './run-step.ts';
import type { Failure, Stage, Step } from './step.ts';
import { clearTestReports, collectTestReports } from './test-reports.ts';

const longTests = JSON.parse(
  readFileSync(new URL('long-tests.json', import.meta.url), 'utf8'),
) as readonly string[];

/** Steps of a check, and where their results are written. */
export interface CheckOptions extends Omit<StepOptions, 'onTask'> {
  /** Run one after the other. */
  readonly stages: readonly Stage[];
  /**
   * Number of steps of a stage that run at the same time.
   *
   * @defaultValue 2
   */
  readonly concurrency?: number;
  /**
   * Number of the first stages that show whether a machine is slow, and the time for them in milliseconds: where they took longer, the others get `FAIRLEAD_SHORT_TESTS`,
   * which leaves out the files of `long-tests.json`.
   *
   * @defaultValue never
   */
  readonly slow?: { readonly stages: number; readonly afterMs: number };
  /** The projects whose tests the steps run: each must have written a report in the end. */
  readonly testedProjects: readonly Project[];
  /** Writes one line for people. */
  readonly say: (line: string) => void;
}

/**
 * Runs all steps, prints every failure, and ends with each failed test's name and message and the number of tests as they
 * were reported, if any were to run. What failed without being a test counts as one failure each.
 *
 * @returns whether all is well
 */
export async function check(options: CheckOptions): Promise<boolean> {
  const {
    root,
    stages,
    testedProjects,
    say,
    signal,
    concurrency = 2,
    slow = { stages: 0, afterMs: Infinity },
  } = options;
  const begunAt = performance.now();
  let { environment } = options;
  clearTestReports(root, testedProjects);
  const failures: Failure[] = [];
  const run = async (step: Step): Promise<void> => {
    const startedAt = performance.now();
    const seconds = (): string => `${((performance.now() - startedAt) / 1000).toFixed(0)} s`;
    say(`… ${step.name}`);
    const onTask = (task: string): void => {
      say(`    ${task} (after ${seconds()})`);
    };
    const found = await runStep(step, { ...options, environment, onTask });
    // Half of a step says nothing about the code.
    if (signal.aborted) return;
    failures.push(...found);
    say(`${found.length === 0 ? '✓' : '✗'} ${step.name} (${seconds()})`);
  };
  for (const [index, stage] of stages.entries()) {
    const isSlow = index === slow.stages && performance.now() - begunAt > slow.afterMs;
    if (isSlow && environment.FAIRLEAD_SHORT_TESTS !== '1') {
      environment = { ...environment, FAIRLEAD_SHORT_TESTS: '1' };
      say(
        `This machine is slow: the checks so far took longer than ${slow.afterMs / 60_000} min. The tests of ${longTests.length} files are left out; "npx nx run-many -t test" runs all (tools/check/src/long-tests.json).`,
      );
    }
    const waiting = [...stage];
    const runWaiting = async (): Promise<void> => {
      for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
        await run(step);
        if (signal.aborted) return;
      }
    };
    await Promise.all(Array.from({ length: concurrency }, runWaiting));
    signal.throwIfAborted();
  }

  const { counts, failedTests, problems } = collectTestReports(root, testedProjects);
  for (const { name, outputEnd, logFile } of failures) {
    say(`\n✗ ${name}. The end of its output, the rest of which is in ${logFile}:\n\n${outputEnd}`);
  }
  // Last, where people look first: the failing test and its message, not only the step that it is part of.
  for (const { title, file, message } of failedTests) {
    say(
      `\n✗ ${relative(root, resolve(root, file))}: ${title}\n${message.replaceAll(/^/gm, '    ')}`,
    );
  }
  const failed = [...failures.map(({ name }) => name), ...problems];
  const unreported = failures.filter(
    ({ name }) => !testedProjects.some((project) => name === `${project.name}:test`),
  );
  // A step that no test report speaks of, such as the linter's, must not end in "0 failed".
  const failedCount =
    counts.failed + unreported.length + problems.length || Math.min(failed.length, 1);
  if (failed.length > 0) say(`\nFailed:\n${failed.map((name) => `  ✗ ${name}`).join('\n')}`);
  if (testedProjects.length > 0) {
    say('');
    if (environment.FAIRLEAD_SHORT_TESTS === '1') {
      say(`The tests of ${longTests.length} files were left out, as this machine is slow`);
    }
    if (counts.skipped > 0) say(`${counts.skipped} skipped`);
    say(`${counts.passed} passed, ${failedCount} failed`);
  }
  // A failed test in a step that ended well would be a contradiction: then the report is to be believed.
  return failed.length === 0 && counts.failed === 0;
}
