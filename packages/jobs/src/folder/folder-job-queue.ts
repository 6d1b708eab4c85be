import { checkIntegers } from '../errors/check-integers.ts';
import { checkFunction, checkOptions } from '../errors/check-options.ts';
import { jobLimitNames, resolveJobLimits, type JobLimits } from '../limits/job-limits.ts';
import { DurableJobQueue } from '../queue/durable-job-queue.ts';
import type { JobQueue } from '../queue/job-queue.ts';
import { FolderLeaseQueue } from './folder-lease-queue.ts';
import { FolderRecords, RECORD_FOLDERS } from './folder-records.ts';
import { JobFolder } from './job-folder.ts';

/** Options of {@link folderJobQueue}. */
export interface FolderJobQueueOptions extends JobLimits {
  /**
   * Retention of finished jobs, in milliseconds.
   * @defaultValue 86400000 (a day)
   */
  readonly retentionMs?: number;
  /**
   * Jobs that may wait or run; over it new jobs are rejected.
   * @defaultValue 1000
   */
  readonly maxJobs?: number;
  /**
   * Bytes of requests and stored responses; over it new jobs are rejected, and a job whose response exceeds it fails.
   * @defaultValue 1073741824 (1 GiB)
   */
  readonly maxBytes?: number;
  /**
   * Time between two scans of the folder for jobs of other processes, in milliseconds.
   * @defaultValue 500
   */
  readonly pollIntervalMs?: number;
  /**
   * Clock in milliseconds since the epoch.
   * @defaultValue `Date.now`; leases of other processes are measured with the monotonic `performance.now`
   */
  readonly now?: () => number;
}

const optionNames = {
  ...jobLimitNames,
  retentionMs: 'optional',
  pollIntervalMs: 'optional',
  now: 'optional',
} as const;
const REQUEUE_AFTER_MS = 60_000;

/**
 * Opens a queue in the folder `path`, on a file system with hard links; several processes can share it. A folder that is
 * removed is created again.
 *
 * Each record is written whole and synced before it gets its name, and the outcome of a job is a name that only one
 * process can take.
 *
 * @throws JobsError `ERR_JOBS_INVALID_OPTION` naming the option and its value; errors of the file system when the folder
 * can't be created.
 *
 * @example
 * ```ts
 * import { mkdtempSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * import { folderJobQueue } from '@fairlead/jobs/folder';
 *
 * const queue = await folderJobQueue(mkdtempSync(`${tmpdir()}/jobs-`), { maxJobs: 100 });
 * const { request } = await queue.enqueue({ path: '/', headers: {}, model: 'm', body: Buffer.from('x') });
 * console.log((await queue.get(request.id))?.state); // queued
 * console.log((await queue.depth()).queued); // 1
 * ```
 */
export async function folderJobQueue(
  path: string,
  options: FolderJobQueueOptions = {},
): Promise<JobQueue> {
  const {
    retentionMs = 86_400_000,
    pollIntervalMs = 500,
    now = Date.now,
    ...limits
  } = checkOptions('folderJobQueue', options, optionNames);
  checkFunction('now', now);
  checkIntegers({ retentionMs, pollIntervalMs });
  const resolved = resolveJobLimits(limits, { maxJobs: 1000, maxBytes: 1024 ** 3 });
  const folder = new JobFolder(path);
  await folder.create();
  const elapsed = now === Date.now ? () => performance.now() : now;
  const shared = { pollIntervalMs, now, elapsed };
  const queue = new DurableJobQueue(
    {
      records: new FolderRecords(folder),
      runs: new FolderLeaseQueue(folder, {
        ...shared,
        name: 'runs',
        records: RECORD_FOLDERS.pending,
      }),
      webhooks: new FolderLeaseQueue(folder, {
        ...shared,
        name: 'notices',
        records: RECORD_FOLDERS.finished,
      }),
      countIntervalMs: pollIntervalMs,
      isCountedOnAccept: true,
      requeueAfterMs: REQUEUE_AFTER_MS,
      maxEntryAgeMs: Infinity,
    },
    { limits: resolved, retentionMs, now },
  );
  await queue.sweep();
  return queue;
}
