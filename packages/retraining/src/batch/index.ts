export { batchRunner } from './batch-runner.ts';
export type { BatchRunnerOptions } from './batch-runner.ts';
