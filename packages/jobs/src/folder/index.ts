export { folderJobQueue } from './folder-job-queue.ts';
export type { FolderJobQueueOptions } from './folder-job-queue.ts';
