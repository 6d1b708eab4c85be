/** Counts of tests by their result. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  /** Neither passed nor failed: skipped, or to be written. */
  readonly skipped: number;
}

/** The sum of counts. */
export function sumCounts(all: readonly TestCounts[]): TestCounts {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const { passed, failed, skipped } of all) {
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
  }
  return total;
}
