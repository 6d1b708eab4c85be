import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import type { Project } from './project.ts';
import { readPytestReport } from './pytest-report.ts';
import { sumCounts, type TestCounts } from './test-counts.ts';
import type { FailedTest, TestReport } from './test-report.ts';
import { readVitestReport } from './vitest-report.ts';

const REPORTS: readonly (readonly [file: string, read: (text: string) => TestReport])[] = [
  ['reports/tests.json', readVitestReport],
  ['reports/tests.xml', readPytestReport],
];

/** Contents of all projects' reports together. */
export interface CollectedReports {
  readonly counts: TestCounts;
  readonly failedTests: readonly FailedTest[];
  /** One sentence for each project whose report is missing or can't be read. */
  readonly problems: readonly string[];
}

/** Deletes the reports of an earlier run, so that none of them is counted again; Nx restores those that it cached. */
export function clearTestReports(root: string, projects: readonly Project[]): void {
  for (const { folder } of projects) {
    rmSync(join(root, folder, 'reports'), { recursive: true, force: true });
  }
}

/** Counts the tests of all projects, and lists those that failed. */
export function collectTestReports(root: string, projects: readonly Project[]): CollectedReports {
  const counts: TestCounts[] = [];
  const failedTests: FailedTest[] = [];
  const problems: string[] = [];
  for (const { name, folder } of projects) {
    let found = false;
    for (const [file, read] of REPORTS) {
      const path = join(root, folder, file);
      try {
        const text = readIfThere(path);
        if (text === undefined) continue;
        found = true;
        const report = read(text);
        counts.push(report.counts);
        failedTests.push(...report.failedTests);
      } catch (error) {
        problems.push(`${path}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    if (!found) {
      const files = REPORTS.map(([file]) => file).join(' or ');
      problems.push(`${name} has tests but wrote no report: ${join(root, folder)} lacks ${files}`);
    }
  }
  return { counts: sumCounts(counts), failedTests, problems };
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
