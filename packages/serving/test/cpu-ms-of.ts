import { slowness } from '@fairlead/test-support/slowness';

/**
 * Processor time of this thread that `work` took, in milliseconds, which other load doesn't inflate, and its outcome; where the machine
 * is slow, as much as a usual one would take.
 */
export function cpuMsOf<T>(work: () => T): {
  readonly ms: number;
  readonly result: T;
  readonly error: unknown;
} {
  const slower = slowness();
  const before = process.threadCpuUsage();
  let result: T | undefined;
  let error: unknown;
  try {
    result = work();
  } catch (thrown) {
    error = thrown;
  }
  const { user, system } = process.threadCpuUsage(before);
  return { ms: (user + system) / 1000 / slower, result: result as T, error };
}
