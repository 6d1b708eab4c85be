import type { JobLease, JobLeaseOptions, WebhookLease, WebhookLeaseOptions } from './job-queue.ts';
import type { JobLifecycle } from './job-lifecycle.ts';
import type { Lease } from './lease-queue.ts';

const AFTER_FAILURE_MS = 1000;
/** Delay of an entry that isn't accepted at the moment. */
const NOT_ACCEPTED_MS = 5000;

/** Reads the job of a leased entry; undefined when it isn't accepted, or has finished. */
export function openJob(
  jobs: JobLifecycle,
  lease: Lease,
  accepts: NonNullable<JobLeaseOptions['accepts']>,
): Promise<JobLease | undefined> {
  return orReleased(lease, readJob(jobs, lease, accepts));
}

/** Reads the finished job of a leased webhook; undefined when it isn't accepted, or the job was deleted. */
export function openWebhook(
  jobs: JobLifecycle,
  lease: Lease,
  accepts: NonNullable<WebhookLeaseOptions['accepts']>,
): Promise<WebhookLease | undefined> {
  return orReleased(lease, readWebhook(jobs, lease, accepts));
}

async function readJob(
  jobs: JobLifecycle,
  lease: Lease,
  accepts: NonNullable<JobLeaseOptions['accepts']>,
): Promise<JobLease | undefined> {
  const { id, attempt } = lease;
  const known = jobs.ledger.find('pending', id) ?? (await jobs.records.readRequest(id));
  if (known !== undefined && !accepts(known.model)) {
    await lease.release({ delayMs: NOT_ACCEPTED_MS, counted: false });
    return undefined;
  }
  const pending = await jobs.records.readPending(id);
  const finished = await jobs.records.readFinished(id);
  if (finished !== undefined || pending === undefined) {
    // The process that finished it died before it removed the entry, or had lost it to a second run.
    if (finished !== undefined) await jobs.addWebhook(finished.request, finished.state);
    await jobs.acknowledge(lease);
    return undefined;
  }
  const { request, body } = pending;
  return {
    ...{ request, body, attempt },
    extend: async () => {
      if (await jobs.backend.records.has('pending', id)) return lease.extend();
      await jobs.acknowledge(lease);
      return false;
    },
    finish: async (outcome) => {
      const isStored = await jobs.finish(request, outcome);
      await jobs.acknowledge(lease);
      return isStored;
    },
    release: (options) => lease.release(options),
  };
}

async function readWebhook(
  jobs: JobLifecycle,
  lease: Lease,
  accepts: NonNullable<WebhookLeaseOptions['accepts']>,
): Promise<WebhookLease | undefined> {
  const job = await jobs.records.readFinished(lease.id);
  const finish = async (): Promise<void> => {
    await lease.remove();
    jobs.ledger.remove('webhook', lease.id);
  };
  if (job === undefined) {
    await finish();
    return undefined;
  }
  if (!accepts(job.request)) {
    await lease.release({ delayMs: NOT_ACCEPTED_MS, counted: false });
    return undefined;
  }
  return {
    ...{ job, attempt: lease.attempt, finish },
    release: ({ delayMs, counted = true }) => lease.release({ delayMs, counted }),
  };
}

/** Returns the entry to the queue when reading its job fails. */
function orReleased<T>(lease: Lease, opened: Promise<T>): Promise<T> {
  return opened.catch(async (error: unknown) => {
    await lease.release({ delayMs: AFTER_FAILURE_MS, counted: false });
    throw error;
  });
}
