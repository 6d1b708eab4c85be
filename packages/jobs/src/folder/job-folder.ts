import { randomUUID } from 'node:crypto';
import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { finishedCharge, pendingCharge, webhookCharge, type Charge } from '../limits/charge.ts';
import type { LedgerSource, RecordKind } from '../limits/job-ledger.ts';
import type { FinishedFacts } from '../queue/finished-record.ts';
import { isJobId } from '../queue/job-identity.ts';
import type { JobOrder } from '../job/job.ts';
import { packRecord, unpackHead } from '../queue/packed-record.ts';
import {
  hasCode,
  linkIfAbsent,
  makeFolder,
  readStart,
  removeIfPresent,
  writeDurably,
} from './durable-file.ts';
import { LeasedEntries } from './leased-entries.ts';

const NOTHING = new Uint8Array();

/** The files of a queue of jobs: one folder for each kind. */
export class JobFolder implements LedgerSource {
  readonly temporary: string;
  readonly orders: string;
  readonly finished: string;
  readonly keys: string;
  readonly runs: LeasedEntries;
  readonly notices: LeasedEntries;

  constructor(folder: string) {
    this.temporary = join(folder, 'temporary');
    this.orders = join(folder, 'jobs');
    this.finished = join(folder, 'finished');
    this.keys = join(folder, 'keys');
    this.runs = new LeasedEntries(join(folder, 'runs'));
    this.notices = new LeasedEntries(join(folder, 'notices'));
  }

  /** Makes the folders that aren't there. */
  async make(): Promise<void> {
    for (const each of [this.temporary, this.orders, this.finished, this.keys])
      await makeFolder(each);
    await this.runs.open();
    await this.notices.open();
  }

  /** Does `work`, and once more when a folder was removed, after it was made again. */
  async remaking<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
      await this.make();
      return work();
    }
  }

  /** Writes a temporary file for `use`, which may give it another name, and removes it. */
  async written<T>(record: Buffer, use: (file: string) => Promise<T>): Promise<T> {
    const file = join(this.temporary, randomUUID());
    try {
      await writeDurably(file, record);
      return await use(file);
    } finally {
      // It is decided by now; what can't be removed is left to a sweep.
      await removeIfPresent(file).catch(() => undefined);
    }
  }

  /** What a crash left half written before `time`. */
  async removeAbandoned(time: number): Promise<void> {
    for await (const { name } of await opendir(this.temporary)) {
      const file = join(this.temporary, name);
      const stats = await lstat(file).catch(() => undefined);
      if (stats !== undefined && stats.mtimeMs < time) await removeIfPresent(file);
    }
  }

  /** Whether no other request has the idempotency key; its record has no body, which would outlive the job. */
  async takeKey(order: JobOrder): Promise<boolean> {
    const { idempotency } = order;
    if (idempotency === undefined) return true;
    return this.written(packRecord(order, NOTHING), (file) =>
      linkIfAbsent(file, join(this.keys, idempotency.key)),
    );
  }

  /** Removes the end of a job, with its idempotency key. */
  async forget(id: string): Promise<void> {
    const file = join(this.finished, id);
    const start = await readStart(file);
    const key = start && (unpackHead(start) as FinishedFacts).order.idempotency?.key;
    if (key !== undefined) {
      const keyFile = join(this.keys, key);
      const holder = await readStart(keyFile);
      if (holder && (unpackHead(holder) as JobOrder).id === id) await removeIfPresent(keyFile);
    }
    await removeIfPresent(file);
  }

  async *ids(kind: RecordKind): AsyncGenerator<string> {
    if (kind === 'webhook') {
      const { waiting, claimed } = await this.notices.list();
      for (const { id } of [...waiting, ...claimed]) yield id;
      return;
    }
    // A piece at a time: the names of a hundred thousand answers would hold up the event loop.
    for await (const { name } of await opendir(this.#folderOf(kind), { bufferSize: 256 })) {
      if (isJobId(name)) yield name;
    }
  }

  async charge(kind: RecordKind, id: string): Promise<Charge | undefined> {
    const file = join(this.#folderOf(kind), id);
    const [stats, start] = await Promise.all([
      lstat(file).catch(() => undefined),
      readStart(file).catch(() => undefined),
    ]);
    if (stats === undefined || start === undefined) return undefined;
    const facts = unpackHead(start);
    if (kind === 'pending') return pendingCharge(facts as JobOrder, stats.size);
    const { order } = facts as FinishedFacts;
    return kind === 'finished' ? finishedCharge(order, stats.size) : webhookCharge(order);
  }

  #folderOf(kind: RecordKind): string {
    return kind === 'pending' ? this.orders : this.finished;
  }
}
