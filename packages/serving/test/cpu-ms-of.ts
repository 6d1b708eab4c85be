/** Processor time of this thread that `work` took, in milliseconds, which other load doesn't inflate, and its outcome. */
export function cpuMsOf<T>(work: () => T): {
  readonly ms: number;
  readonly result: T;
  readonly error: unknown;
} {
  const before = process.threadCpuUsage();
  let result: T | undefined;
  let error: unknown;
  try {
    result = work();
  } catch (thrown) {
    error = thrown;
  }
  const { user, system } = process.threadCpuUsage(before);
  return { ms: (user + system) / 1000, result: result as T, error };
}
