export { requireBucket, requireQueue } from './require-place.ts';
export { sqsJobQueue } from './sqs-job-queue.ts';
export type { SqsJobQueueOptions } from './sqs-job-queue.ts';
