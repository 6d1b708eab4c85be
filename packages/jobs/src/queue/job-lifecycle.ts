import type { Job, JobOutcome, JobRequest } from '../job/job.ts';
import { finishedCharge, webhookCharge } from '../limits/charge.ts';
import { JobLedger } from '../limits/job-ledger.ts';
import type { JobLimits } from '../limits/job-limits.ts';
import type { JobBackend } from './job-backend.ts';
import { JobRecords } from './job-records.ts';
import type { Lease } from './lease-queue.ts';
import { packOutcome } from './stored-outcome.ts';

/** Options of a queue, with their defaults resolved. */
export interface JobLifecycleOptions {
  readonly limits: Required<JobLimits>;
  readonly retentionMs: number;
  readonly now: () => number;
}

/** Transitions of stored jobs, each with its effect on the usage. */
export class JobLifecycle {
  readonly backend: JobBackend;
  readonly records: JobRecords;
  readonly ledger: JobLedger;
  readonly retentionMs: number;
  readonly now: () => number;

  constructor(backend: JobBackend, { limits, retentionMs, now }: JobLifecycleOptions) {
    const { records: store, webhooks, countIntervalMs } = backend;
    this.backend = backend;
    this.records = new JobRecords({ store, webhooks, retentionMs, now });
    this.ledger = new JobLedger(this.records, limits, countIntervalMs);
    this.retentionMs = retentionMs;
    this.now = now;
  }

  /** Writes the outcome of a job unless it has one: from then on the job has finished. */
  async finish(request: JobRequest, outcome: JobOutcome): Promise<boolean> {
    const { records } = this.backend;
    const { id } = request;
    // Canceled, or finished by another process and perhaps deleted since.
    if (!(await records.has('pending', id))) return false;
    const record = packOutcome(request, outcome);
    const charge = finishedCharge(request, record.length);
    // An outcome is stored in any case; its response where the limits allow it.
    if (outcome.response === undefined) this.ledger.add('finished', id, charge);
    else this.ledger.reserve('finished', id, charge, this.ledger.find('pending', id));
    let isStored = false;
    try {
      isStored = await records.create('finished', id, record);
    } finally {
      if (isStored) this.ledger.settle('finished', id);
      else this.ledger.remove('finished', id);
    }
    if (isStored) await this.addWebhook(request, outcome.state);
    return isStored;
  }

  /** Adds the webhook of a finished job; a canceled job has none. */
  async addWebhook(request: JobRequest, state: Job['state']): Promise<void> {
    const { id, webhookUrl } = request;
    const { webhooks } = this.backend;
    if (webhookUrl === undefined || webhooks === undefined || state === 'canceled') return;
    await webhooks.add(id, { dueMs: this.now(), bytes: 0 });
    this.ledger.add('webhook', id, webhookCharge(request));
  }

  /** Adds the entry of a stored request unless there is one. */
  async ensureEntry(id: string): Promise<void> {
    const { runs } = this.backend;
    if (await runs.has(id)) return;
    const head = await this.records.readRequestHead(id);
    if (head === undefined) return;
    await runs.add(id, { dueMs: head.request.createdAtMs, bytes: head.size });
  }

  /** Removes a request and its leased entry, after the job has finished. */
  async acknowledge(lease: Lease): Promise<void> {
    await this.removePending(lease.id);
    await lease.remove();
  }

  /** Removes the request of a job that waits or runs. */
  async removePending(id: string): Promise<void> {
    const { records } = this.backend;
    await this.ledger.removeWith('pending', id, () => records.remove('pending', id));
  }

  /** Removes a finished job with its idempotency key and webhook. */
  async removeFinished(id: string): Promise<void> {
    const request = await this.records.removeFinished(id);
    this.ledger.remove('finished', id);
    if (request?.webhookUrl === undefined) return;
    await this.backend.webhooks?.remove(id);
    this.ledger.remove('webhook', id);
  }
}
