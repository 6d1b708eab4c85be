import { type Finding, reasonOf } from './finding.ts';

/** Time that one check may take, in milliseconds. */
const MAX_CHECK_MS = 15_000;

/** Runs a check: one that fails or takes too long is a problem that the report has, and doesn't end the report. */
export async function boundedCheck(
  check: string,
  work: () => Promise<Finding>,
  maxMs = MAX_CHECK_MS,
): Promise<Finding> {
  const { promise: late, resolve } = Promise.withResolvers<Finding>();
  const timer = setTimeout(() => {
    const found = `no result within ${maxMs / 1000} s`;
    const fix = 'check the disk, the network and the file systems that are mounted over it';
    resolve({ check, state: 'problem', found, fix });
  }, maxMs);
  try {
    return await Promise.race([work(), late]);
  } catch (error) {
    const fix = 'fairlead --version, and report both';
    return { check, state: 'problem', found: `the check failed: ${reasonOf(error)}`, fix };
  } finally {
    clearTimeout(timer);
  }
}
