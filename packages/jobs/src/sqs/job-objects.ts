import { finishedCharge, pendingCharge, webhookCharge, type Charge } from '../limits/charge.ts';
import type { LedgerSource, RecordKind } from '../limits/job-ledger.ts';
import { finishedJob, type FinishedFacts } from '../queue/finished-record.ts';
import { isJobId } from '../queue/job-identity.ts';
import type { Job, JobOrder } from '../job/job.ts';
import { unpackHead } from '../queue/packed-record.ts';
import type { JobBucket } from './job-bucket.ts';

const FIRST_LINE_BYTES = 64 * 1024;
const FOLDERS: Readonly<Record<RecordKind, string>> = {
  pending: 'orders/',
  finished: 'finished/',
  webhook: 'webhooks/',
};

/** The records of jobs in a bucket. */
export class JobObjects implements LedgerSource {
  readonly #bucket: JobBucket;
  readonly #retentionMs: number;

  /** Jobs that ended more than `retentionMs` ago aren't found. */
  constructor(bucket: JobBucket, retentionMs: number) {
    this.#bucket = bucket;
    this.#retentionMs = retentionMs;
  }

  /** The order of a job that waits or runs. */
  async readOrder(id: string): Promise<JobOrder | undefined> {
    const read = isJobId(id) ? await this.#readStart('pending', id) : undefined;
    return read && (unpackHead(read.start) as JobOrder);
  }

  /** A job that has ended. */
  async readFinished(id: string): Promise<Required<Job> | undefined> {
    const read = isJobId(id) ? await this.#readStart('finished', id) : undefined;
    if (read === undefined) return undefined;
    const job = finishedJob(unpackHead(read.start) as FinishedFacts, this.#retentionMs);
    return job.expiresAtMs > Date.now() ? job : undefined;
  }

  /** Removes what is stored of a job that waited or ran. */
  async removeOrder(id: string): Promise<void> {
    for (const each of ['orders', 'running', 'sent']) await this.#bucket.remove(`${each}/${id}`);
  }

  /** Removes the end of a job, with its idempotency key. */
  async forget(id: string): Promise<void> {
    const read = await this.#readStart('finished', id);
    const key = read && (unpackHead(read.start) as FinishedFacts).order.idempotency?.key;
    if (key !== undefined) await this.freeKey(key, id);
    await this.#bucket.remove(`finished/${id}`);
  }

  /** Frees an idempotency key unless it belongs to another job. */
  async freeKey(key: string, id: string): Promise<void> {
    const bytes = await this.#bucket.read(`keys/${key}`);
    if (bytes && (unpackHead(bytes) as JobOrder).id === id)
      await this.#bucket.remove(`keys/${key}`);
  }

  async *ids(kind: RecordKind): AsyncGenerator<string> {
    for await (const { name } of this.#bucket.list(FOLDERS[kind])) if (isJobId(name)) yield name;
  }

  async charge(kind: RecordKind, id: string): Promise<Charge | undefined> {
    const read = await this.#readStart(kind === 'webhook' ? 'finished' : kind, id);
    if (read === undefined) return undefined;
    const facts = unpackHead(read.start);
    if (kind === 'pending') return pendingCharge(facts as JobOrder, read.size);
    const { order } = facts as FinishedFacts;
    return kind === 'finished' ? finishedCharge(order, read.size) : webhookCharge(order);
  }

  #readStart(kind: RecordKind, id: string) {
    return this.#bucket.readStart(`${FOLDERS[kind]}${id}`, FIRST_LINE_BYTES);
  }
}
