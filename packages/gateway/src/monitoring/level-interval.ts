/** Interval at which levels are recorded: CloudWatch aggregates by minutes, and an alarm needs a value in each. */
export const LEVEL_INTERVAL_MS = 15_000;
