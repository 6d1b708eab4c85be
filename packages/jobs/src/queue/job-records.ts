import type { Job, JobOutcome, JobRequest } from '../job/job.ts';
import { finishedCharge, pendingCharge, webhookCharge, type Charge } from '../limits/charge.ts';
import type { LedgerSource, RecordKind } from '../limits/job-ledger.ts';
import { isJobId } from './job-identity.ts';
import type { LeaseQueue } from './lease-queue.ts';
import { packRecord, unpackHead, unpackRecord } from './packed-record.ts';
import type { RecordStore } from './record-store.ts';
import { finishedJob, readStoredOutcome, unpackOutcome } from './stored-outcome.ts';
import { readStoredRequest } from './stored-request.ts';

/** Options of {@link JobRecords}. */
export interface JobRecordsOptions {
  readonly store: RecordStore;
  readonly webhooks: LeaseQueue | undefined;
  /** Finished jobs older than this aren't found, in milliseconds. */
  readonly retentionMs: number;
  readonly now: () => number;
}

const NO_BODY = new Uint8Array();

/** Typed records of jobs in a store. */
export class JobRecords implements LedgerSource {
  readonly #options: JobRecordsOptions;

  constructor(options: JobRecordsOptions) {
    this.#options = options;
  }

  /** Request of a job that waits or runs. */
  async readRequest(id: string): Promise<JobRequest | undefined> {
    return (await this.readRequestHead(id))?.request;
  }

  /** The same, with the size of the record in bytes. */
  async readRequestHead(
    id: string,
  ): Promise<{ readonly request: JobRequest; readonly size: number } | undefined> {
    const head = isJobId(id) ? await this.#options.store.readHead('pending', id) : undefined;
    const request = readStoredRequest(head?.facts, id);
    return head && request && { request, size: head.size };
  }

  /** Request and body of a job that waits or runs. */
  async readPending(
    id: string,
  ): Promise<{ readonly request: JobRequest; readonly body: Buffer } | undefined> {
    const bytes = await this.#options.store.read('pending', id);
    if (bytes === undefined) return undefined;
    const { facts, body } = unpackRecord(bytes);
    const request = readStoredRequest(facts, id);
    return request && { request, body };
  }

  /** A finished job, within its retention. */
  async readFinished(id: string): Promise<Required<Job> | undefined> {
    const { store, retentionMs, now } = this.#options;
    const head = isJobId(id) ? await store.readHead('finished', id) : undefined;
    const stored = readStoredOutcome(head?.facts, id);
    if (stored === undefined) return undefined;
    const job = finishedJob(stored, retentionMs);
    return job.expiresAtMs > now() ? job : undefined;
  }

  /** Outcome of a finished job with its response. */
  async readOutcome(id: string): Promise<JobOutcome | undefined> {
    if ((await this.readFinished(id)) === undefined) return undefined;
    const bytes = await this.#options.store.read('finished', id);
    return bytes && unpackOutcome(bytes, id);
  }

  /** Takes the idempotency key of a request; false when another job has it. */
  async takeKey(request: JobRequest): Promise<boolean> {
    const { idempotency } = request;
    if (idempotency === undefined) return true;
    // Without the body: the key may outlive the job.
    return this.#options.store.create('keys', idempotency.key, packRecord(request, NO_BODY));
  }

  /** Request of the job that has an idempotency key; a record that no queue wrote is removed, as it would keep the key taken. */
  async readKey(key: string): Promise<JobRequest | undefined> {
    const { store } = this.#options;
    const bytes = await store.read('keys', key);
    if (bytes === undefined) return undefined;
    const request = readStoredRequest(unpackHead(bytes));
    if (request?.idempotency?.key === key) return request;
    await this.discardKey(key);
    return undefined;
  }

  /** Frees an idempotency key, whether its record is valid or not. */
  async discardKey(key: string): Promise<void> {
    await this.#options.store.remove('keys', key);
  }

  /** Frees an idempotency key unless it belongs to another job. */
  async freeKey(key: string, id: string): Promise<void> {
    if ((await this.readKey(key))?.id === id) await this.#options.store.remove('keys', key);
  }

  /** Removes a finished job with its idempotency key; resolves to its request. */
  async removeFinished(id: string): Promise<JobRequest | undefined> {
    const { store } = this.#options;
    const head = await store.readHead('finished', id);
    const request = readStoredOutcome(head?.facts, id)?.order;
    if (request?.idempotency !== undefined) await this.freeKey(request.idempotency.key, id);
    await store.remove('finished', id);
    return request;
  }

  async *ids(kind: RecordKind): AsyncGenerator<string> {
    const { store, webhooks } = this.#options;
    if (kind !== 'webhook') yield* store.ids(kind);
    else if (webhooks !== undefined) yield* webhooks.ids();
  }

  async charge(kind: RecordKind, id: string): Promise<Charge | undefined> {
    const head = await this.#options.store.readHead(kind === 'webhook' ? 'finished' : kind, id);
    if (head === undefined) return undefined;
    if (kind === 'pending') {
      const request = readStoredRequest(head.facts, id);
      return request && pendingCharge(request, head.size);
    }
    const order = readStoredOutcome(head.facts, id)?.order;
    if (order === undefined) return undefined;
    return kind === 'finished' ? finishedCharge(order, head.size) : webhookCharge(order);
  }
}
