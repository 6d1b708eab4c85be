import { once } from 'node:events';
import { JobsError } from '../errors/jobs-error.ts';
import { describeJob } from '../job/describe-job.ts';
import type { Job, JobOutcome, JobRequest } from '../job/job.ts';
import { finishedCharge, pendingCharge, webhookCharge } from '../limits/charge.ts';
import { JobLedger } from '../limits/job-ledger.ts';
import type { JobLimits } from '../limits/job-limits.ts';
import { checkSameRequest, createJobRequest } from './job-identity.ts';
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
import { JobRecords } from './job-records.ts';
import type { Lease, LeaseQueue } from './lease-queue.ts';
import { packRecord } from './packed-record.ts';
import type { RecordStore } from './record-store.ts';
import { packOutcome } from './stored-outcome.ts';

/** Storage of a queue, and how it behaves. */
export interface JobBackend {
  readonly records: RecordStore;
  /** Jobs to run. */
  readonly runs: LeaseQueue;
  /** Webhooks to deliver; without it jobs with a webhook are rejected. */
  readonly webhooks: LeaseQueue | undefined;
  /** Minimum time between two counts of the records, in milliseconds. */
  readonly countIntervalMs: number;
  /** Counts again before a job is accepted, so that concurrent processes never exceed a limit together. */
  readonly isCountedOnAccept: boolean;
  /** Age after which a request without an entry was cut off by a crash, in milliseconds. */
  readonly requeueAfterMs: number;
  /** Age after which the backend has lost the entry of a request, in milliseconds. */
  readonly maxEntryAgeMs: number;
}

/** Options of {@link DurableJobQueue}, with their defaults resolved. */
export interface DurableJobQueueOptions {
  readonly limits: Required<JobLimits>;
  readonly retentionMs: number;
  readonly now: () => number;
}

const INCOMPLETE_AFTER_MS = 3_600_000;
const AFTER_FAILURE_MS = 1000;
/** Delay of an entry that isn't accepted at the moment. */
const NOT_ACCEPTED_MS = 5000;

/**
 * Queue over a record store and leases. A request is written before its entry is added, and an outcome is a name that
 * only one process can create: at any moment a job exists or not, and it finishes once.
 */
export class DurableJobQueue implements JobQueue {
  readonly #backend: JobBackend;
  readonly #options: DurableJobQueueOptions;
  readonly #records: JobRecords;
  readonly #ledger: JobLedger;

  constructor(backend: JobBackend, options: DurableJobQueueOptions) {
    const { records: store, webhooks, countIntervalMs } = backend;
    this.#backend = backend;
    this.#options = options;
    this.#records = new JobRecords({ store, webhooks, ...options });
    this.#ledger = new JobLedger(this.#records, options.limits, countIntervalMs);
  }

  async requireRoom({ owner, model, webhookUrl }: PlannedJob): Promise<void> {
    await this.#ledger.refresh();
    this.#ledger.requireRoom(pendingCharge({ owner, model, webhookUrl }, 0));
  }

  async enqueue(job: NewJob): Promise<Job> {
    if (job.webhookUrl !== undefined && this.#backend.webhooks === undefined) {
      const message = "this queue has no webhookQueueUrl, so it can't accept webhooks";
      throw new JobsError('ERR_JOBS_INVALID_OPTION', message);
    }
    const request = createJobRequest(job, this.#options.now());
    return (await this.#findKnown(request)) ?? this.#accept(request, job);
  }

  async leaseJob(options: JobLeaseOptions): Promise<JobLease | undefined> {
    const { leaseMs, signal, accepts = () => true } = options;
    while (!signal.aborted) {
      const lease = await this.#backend.runs.lease({
        leaseMs,
        signal,
        accepts: (id) => {
          const known = this.#ledger.find('pending', id);
          return known === undefined || accepts(known.model);
        },
        beforeScan: () => this.#ledger.refresh(),
      });
      if (lease === undefined) return undefined;
      const job = await orReleased(lease, this.#openJob(lease, accepts));
      if (job !== undefined) return job;
    }
    return undefined;
  }

  async leaseWebhook(options: WebhookLeaseOptions): Promise<WebhookLease | undefined> {
    const { leaseMs, signal, accepts = () => true, onFreed } = options;
    const { webhooks } = this.#backend;
    while (!signal.aborted) {
      if (webhooks === undefined) {
        await once(signal, 'abort');
        return undefined;
      }
      const lease = await webhooks.lease({
        leaseMs,
        signal,
        accepts: (id) => {
          const known = this.#ledger.find('webhook', id);
          return known === undefined || accepts(known);
        },
        beforeScan: () => this.#ledger.refresh(),
        onFreed,
      });
      if (lease === undefined) return undefined;
      const webhook = await orReleased(lease, this.#openWebhook(lease, accepts));
      if (webhook !== undefined) return webhook;
    }
    return undefined;
  }

  async get(id: string): Promise<Job | undefined> {
    const finished = await this.#records.readFinished(id);
    if (finished !== undefined) return finished;
    const request = await this.#records.readRequest(id);
    // The request is removed after the outcome was written.
    if (request === undefined) return this.#records.readFinished(id);
    return { request, state: (await this.#backend.runs.isLeased(id)) ? 'running' : 'queued' };
  }

  describe(job: Job): object {
    return describeJob(job);
  }

  outcome(id: string): Promise<JobOutcome | undefined> {
    return this.#records.readOutcome(id);
  }

  async cancel(id: string): Promise<Job | undefined> {
    const job = await this.get(id);
    if (job === undefined || job.outcome !== undefined) return job;
    const finishedAtMs = this.#options.now();
    if (await this.#finish(job.request, { state: 'canceled', attempts: 0, finishedAtMs })) {
      await this.#backend.runs.remove(id);
      await this.#removePending(id);
    }
    return this.get(id);
  }

  async remove(id: string): Promise<boolean> {
    if ((await this.#records.readFinished(id)) === undefined) return false;
    // A request that a crash left is removed first: without its outcome it would run again.
    await this.#removePending(id);
    await this.#backend.runs.remove(id);
    await this.#removeFinished(id);
    return true;
  }

  depth(): Promise<JobDepth> {
    return this.#backend.runs.depth();
  }

  async sweep(): Promise<void> {
    const { records } = this.#backend;
    const now = this.#options.now();
    await records.removeIncomplete(now - INCOMPLETE_AFTER_MS);
    for await (const { name, modifiedAtMs } of records.list('finished')) {
      if (modifiedAtMs < now - this.#options.retentionMs) await this.#removeFinished(name);
    }
    await this.#repairEntries(now);
    await this.#ledger.recount();
  }

  /** Stores a job, unless that exceeds a limit. */
  async #accept(request: JobRequest, job: NewJob): Promise<Job> {
    const { records, runs, isCountedOnAccept } = this.#backend;
    const { id, createdAtMs } = request;
    const record = packRecord(request, job.body);
    const charge = pendingCharge(request, record.length);
    await this.#ledger.refresh();
    this.#ledger.reserve('pending', id, charge);
    let hasKey = false;
    try {
      await records.create('pending', id, record);
      // Another process may have accepted a job at the same moment; then each counts both.
      if (isCountedOnAccept) await this.#ledger.confirm('pending', charge);
      if (!(await this.#records.takeKey(request))) {
        await this.#removePending(id);
        // A request with the same key was faster; when the retention of its job has ended by now, this is a new job.
        return (await this.#findKnown(request)) ?? (await this.enqueue(job));
      }
      hasKey = request.idempotency !== undefined;
      await runs.add(id, { dueMs: createdAtMs, bytes: record.length });
      this.#ledger.settle('pending', id);
      return { request, state: 'queued' };
    } catch (error) {
      // A repeated request may have been answered with this job already; then a sweep adds its entry.
      if (hasKey) this.#ledger.settle('pending', id);
      else await this.#removePending(id).catch(() => undefined);
      throw error;
    }
  }

  async #openJob(lease: Lease, accepts: (model: string) => boolean): Promise<JobLease | undefined> {
    const { id, attempt } = lease;
    const known = this.#ledger.find('pending', id) ?? (await this.#records.readRequest(id));
    if (known !== undefined && !accepts(known.model)) {
      await lease.release({ delayMs: NOT_ACCEPTED_MS, counted: false });
      return undefined;
    }
    const pending = await this.#records.readPending(id);
    const finished = await this.#records.readFinished(id);
    if (finished !== undefined || pending === undefined) {
      // The process that finished it died before it removed the entry, or had lost it to a second run.
      if (finished !== undefined) await this.#addWebhook(finished.request, finished.state);
      await this.#acknowledge(lease);
      return undefined;
    }
    const { request, body } = pending;
    return {
      ...{ request, body, attempt },
      extend: async () => {
        if (await this.#backend.records.has('pending', id)) return lease.extend();
        await this.#acknowledge(lease);
        return false;
      },
      finish: async (outcome) => {
        const isStored = await this.#finish(request, outcome);
        await this.#acknowledge(lease);
        return isStored;
      },
      release: (options) => lease.release(options),
    };
  }

  async #openWebhook(
    lease: Lease,
    accepts: NonNullable<WebhookLeaseOptions['accepts']>,
  ): Promise<WebhookLease | undefined> {
    const job = await this.#records.readFinished(lease.id);
    const finish = async (): Promise<void> => {
      await lease.remove();
      this.#ledger.remove('webhook', lease.id);
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

  /** Writes the outcome of a job unless it has one: from then on the job has finished. */
  async #finish(request: JobRequest, outcome: JobOutcome): Promise<boolean> {
    const { records } = this.#backend;
    const { id } = request;
    // Canceled, or finished by another process and perhaps deleted since.
    if (!(await records.has('pending', id))) return false;
    const record = packOutcome(request, outcome);
    const charge = finishedCharge(request, record.length);
    // An outcome is stored in any case; its response where the limits allow it.
    if (outcome.response === undefined) this.#ledger.add('finished', id, charge);
    else this.#ledger.reserve('finished', id, charge, this.#ledger.find('pending', id));
    let isStored = false;
    try {
      isStored = await records.create('finished', id, record);
    } finally {
      if (isStored) this.#ledger.settle('finished', id);
      else this.#ledger.remove('finished', id);
    }
    if (isStored) await this.#addWebhook(request, outcome.state);
    return isStored;
  }

  async #addWebhook(request: JobRequest, state: Job['state']): Promise<void> {
    const { id, webhookUrl } = request;
    const { webhooks } = this.#backend;
    if (webhookUrl === undefined || webhooks === undefined || state === 'canceled') return;
    await webhooks.add(id, { dueMs: this.#options.now(), bytes: 0 });
    this.#ledger.add('webhook', id, webhookCharge(request));
  }

  async #acknowledge(lease: Lease): Promise<void> {
    await this.#removePending(lease.id);
    await lease.remove();
  }

  async #removePending(id: string): Promise<void> {
    const { records } = this.#backend;
    await this.#ledger.removeWith('pending', id, () => records.remove('pending', id));
  }

  async #removeFinished(id: string): Promise<void> {
    const request = await this.#records.removeFinished(id);
    this.#ledger.remove('finished', id);
    if (request?.webhookUrl === undefined) return;
    await this.#backend.webhooks?.remove(id);
    this.#ledger.remove('webhook', id);
  }

  /** Finds the job that the same idempotency key created. */
  async #findKnown(request: JobRequest): Promise<Job | undefined> {
    if (request.idempotency === undefined) return undefined;
    const { key } = request.idempotency;
    const known = await this.#records.readKey(key);
    if (known === undefined) return undefined;
    const job = await this.get(known.id);
    if (job === undefined) {
      // Its retention has ended, and the key is free again.
      await this.#records.freeKey(key, known.id);
      return undefined;
    }
    checkSameRequest(known, request);
    // A crash may have come between its key and its entry.
    if (job.outcome === undefined) await this.#ensureEntry(known.id);
    return job;
  }

  /** Adds the entry of a stored request unless there is one. */
  async #ensureEntry(id: string): Promise<void> {
    const { records, runs } = this.#backend;
    if (await runs.has(id)) return;
    const head = await records.readHead('pending', id);
    if (head === undefined) return;
    const { createdAtMs } = head.facts as JobRequest;
    await runs.add(id, { dueMs: createdAtMs, bytes: head.size });
  }

  /** Adds the entries of requests that a crash cut off, fails requests whose entry was lost, and removes stray entries. */
  async #repairEntries(now: number): Promise<void> {
    const { records, runs, requeueAfterMs, maxEntryAgeMs } = this.#backend;
    // Before the requests: an entry without a request then has lost it.
    const entries = new Set<string>();
    for await (const id of runs.ids()) entries.add(id);
    const stray = new Set(entries);
    for await (const { name: id, modifiedAtMs } of records.list('pending')) {
      stray.delete(id);
      if (modifiedAtMs < now - maxEntryAgeMs) await this.#failLost(id);
      else if (modifiedAtMs < now - requeueAfterMs && !entries.has(id)) await this.#ensureEntry(id);
    }
    for (const id of stray) await runs.remove(id);
  }

  async #failLost(id: string): Promise<void> {
    const request = await this.#records.readRequest(id);
    if (request === undefined) return;
    const days = this.#backend.maxEntryAgeMs / 86_400_000;
    const reason = `its message was lost: SQS retains no message for longer than ${days} days`;
    const finishedAtMs = this.#options.now();
    await this.#finish(request, { state: 'failed', attempts: 0, finishedAtMs, reason });
    await this.#removePending(id);
    await this.#backend.runs.remove(id);
  }
}

/** Returns the entry to the queue when opening it fails. */
function orReleased<T>(lease: Lease, opened: Promise<T>): Promise<T> {
  return opened.catch(async (error: unknown) => {
    await lease.release({ delayMs: AFTER_FAILURE_MS, counted: false });
    throw error;
  });
}
