import { once } from 'node:events';
import { JobsError } from '../errors/jobs-error.ts';
import { describeJob } from '../job/describe-job.ts';
import type { Job, JobOutcome, JobRequest } from '../job/job.ts';
import { pendingCharge } from '../limits/charge.ts';
import type { JobBackend } from './job-backend.ts';
import { checkSameRequest, createJobRequest } from './job-identity.ts';
import { JobLifecycle, type JobLifecycleOptions } from './job-lifecycle.ts';
import type {
  JobDepth,
  JobLease,
  JobLeaseOptions,
  JobQueue,
  NewJob,
  PlannedJob,
  WebhookLease,
  WebhookLeaseOptions,
} from './job-queue.ts';
import { openJob, openWebhook } from './open-lease.ts';
import { packRecord } from './packed-record.ts';
import { sweepJobs } from './sweep-jobs.ts';

/** Leaves room for the outcome in the first line of the record of a finished job. */
const MAX_REQUEST_HEAD_BYTES = 32 * 1024;

/** Attempts to create or find the record of an idempotency key, which other processes may create and remove. */
const MAX_KEY_ATTEMPTS = 3;

/**
 * Queue over a record store and leases. A request is written before its entry is added, and an outcome is a name that
 * only one process can create: at any moment a job exists or not, and it finishes once.
 */
export class DurableJobQueue implements JobQueue {
  readonly #jobs: JobLifecycle;

  constructor(backend: JobBackend, options: JobLifecycleOptions) {
    this.#jobs = new JobLifecycle(backend, options);
  }

  async requireRoom({ owner, model, webhookUrl }: PlannedJob): Promise<void> {
    const { ledger } = this.#jobs;
    await ledger.refresh();
    ledger.requireRoom(pendingCharge({ owner, model, webhookUrl }, 0));
  }

  enqueue(job: NewJob): Promise<Job> {
    return this.#enqueue(job, 1);
  }

  async #enqueue(job: NewJob, attempt: number): Promise<Job> {
    const { backend, now, records } = this.#jobs;
    if (job.webhookUrl !== undefined && backend.webhooks === undefined) {
      const message = "this queue has no webhookQueueUrl, so it can't accept webhooks";
      throw new JobsError('ERR_JOBS_INVALID_OPTION', message);
    }
    const request = createJobRequest(job, now());
    if (attempt > MAX_KEY_ATTEMPTS && request.idempotency !== undefined) {
      // Something that no queue wrote has the name of the key: it can't be read, nor be written over.
      await records.discardKey(request.idempotency.key);
    }
    return (await this.#findKnown(request)) ?? this.#accept(request, job, attempt);
  }

  async leaseJob(options: JobLeaseOptions): Promise<JobLease | undefined> {
    const { leaseMs, signal, accepts = () => true } = options;
    const { backend, ledger } = this.#jobs;
    while (!signal.aborted) {
      const lease = await backend.runs.lease({
        ...{ leaseMs, signal },
        accepts: (id) => {
          const known = ledger.find('pending', id);
          return known === undefined || accepts(known.model);
        },
        beforeScan: () => ledger.refresh(),
      });
      const job = lease && (await openJob(this.#jobs, lease, accepts));
      if (job !== undefined) return job;
    }
    return undefined;
  }

  async leaseWebhook(options: WebhookLeaseOptions): Promise<WebhookLease | undefined> {
    const { leaseMs, signal, accepts = () => true, onFreed } = options;
    const { backend, ledger } = this.#jobs;
    while (!signal.aborted) {
      if (backend.webhooks === undefined) {
        await once(signal, 'abort');
        return undefined;
      }
      const lease = await backend.webhooks.lease({
        ...{ leaseMs, signal, onFreed },
        accepts: (id) => {
          const known = ledger.find('webhook', id);
          return known === undefined || accepts(known);
        },
        beforeScan: () => ledger.refresh(),
      });
      const webhook = lease && (await openWebhook(this.#jobs, lease, accepts));
      if (webhook !== undefined) return webhook;
    }
    return undefined;
  }

  async get(id: string): Promise<Job | undefined> {
    const { backend, records } = this.#jobs;
    const finished = await records.readFinished(id);
    if (finished !== undefined) return finished;
    const request = await records.readRequest(id);
    // The request is removed after the outcome was written.
    if (request === undefined) return records.readFinished(id);
    return { request, state: (await backend.runs.isLeased(id)) ? 'running' : 'queued' };
  }

  describe(job: Job): object {
    return describeJob(job);
  }

  outcome(id: string): Promise<JobOutcome | undefined> {
    return this.#jobs.records.readOutcome(id);
  }

  async cancel(id: string): Promise<Job | undefined> {
    const job = await this.get(id);
    if (job === undefined || job.outcome !== undefined) return job;
    const finishedAtMs = this.#jobs.now();
    if (await this.#jobs.finish(job.request, { state: 'canceled', attempts: 0, finishedAtMs })) {
      await this.#jobs.backend.runs.remove(id);
      await this.#jobs.removePending(id);
    }
    return this.get(id);
  }

  async remove(id: string): Promise<boolean> {
    if ((await this.#jobs.records.readFinished(id)) === undefined) return false;
    // A request that a crash left is removed first: without its outcome it would run again.
    await this.#jobs.removePending(id);
    await this.#jobs.backend.runs.remove(id);
    await this.#jobs.removeFinished(id);
    return true;
  }

  depth(): Promise<JobDepth> {
    return this.#jobs.backend.runs.depth();
  }

  sweep(): Promise<void> {
    return sweepJobs(this.#jobs);
  }

  /** Stores a job, unless that exceeds a limit. */
  async #accept(request: JobRequest, job: NewJob, attempt: number): Promise<Job> {
    const { backend, ledger } = this.#jobs;
    const { id, createdAtMs } = request;
    const record = packRecord(request, job.body, MAX_REQUEST_HEAD_BYTES);
    const charge = pendingCharge(request, record.length);
    await ledger.refresh();
    ledger.reserve('pending', id, charge);
    let hasKey = false;
    try {
      await backend.records.create('pending', id, record);
      // Another process may have accepted a job at the same moment; then each counts both.
      if (backend.isCountedOnAccept) await ledger.confirm('pending', charge);
      if (!(await this.#jobs.records.takeKey(request))) {
        await this.#jobs.removePending(id);
        // A request with the same key was faster; when the retention of its job has ended by now, this is a new job.
        return (await this.#findKnown(request)) ?? (await this.#enqueue(job, attempt + 1));
      }
      hasKey = request.idempotency !== undefined;
      await backend.runs.add(id, { dueMs: createdAtMs, bytes: record.length });
      ledger.settle('pending', id);
      return { request, state: 'queued' };
    } catch (error) {
      // A repeated request may have been answered with this job already; then a sweep adds its entry.
      if (hasKey) ledger.settle('pending', id);
      else await this.#jobs.removePending(id).catch(() => undefined);
      throw error;
    }
  }

  /** Finds the job that the same idempotency key created. */
  async #findKnown(request: JobRequest): Promise<Job | undefined> {
    if (request.idempotency === undefined) return undefined;
    const { records } = this.#jobs;
    const { key } = request.idempotency;
    const known = await records.readKey(key);
    if (known === undefined) return undefined;
    const job = await this.get(known.id);
    if (job === undefined) {
      // Its retention has ended, and the key is free again.
      await records.freeKey(key, known.id);
      return undefined;
    }
    checkSameRequest(known, request);
    // A crash may have come between its key and its entry.
    if (job.outcome === undefined) await this.#jobs.ensureEntry(known.id);
    return job;
  }
}
