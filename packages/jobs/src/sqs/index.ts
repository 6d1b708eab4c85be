export { checkBucketAccess, checkQueueAccess } from './check-access.ts';
export { sqsJobQueue } from './sqs-job-queue.ts';
export type { SqsJobQueueOptions } from './sqs-job-queue.ts';
