export { sqsJobQueue } from './sqs-job-queue.ts';
export type { SqsJobQueueOptions } from './sqs-job-queue.ts';
