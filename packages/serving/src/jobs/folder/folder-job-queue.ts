import { randomUUID } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { ServingError } from '../../serving-error.ts';
import { checkLimits } from '../check-limits.ts';
import { isJobId, orderOf, requireSameRequest } from '../job-identity.ts';
import type { Job, JobOrder, JobOutcome } from '../job.ts';
import type {
  ClaimOptions,
  JobClaim,
  JobDepth,
  JobQueue,
  NewJob,
  NoticeClaim,
} from '../job-queue.ts';
import { packRecord, unpackHead, unpackRecord } from '../packed-record.ts';
import {
  isPresent,
  linkIfAbsent,
  makeFolder,
  namesIn,
  readIfPresent,
  readStart,
  removeIfPresent,
  writeDurably,
} from './durable-file.ts';
import { LeasedEntries, type LeasedEntry } from './leased-entries.ts';
import { finishedJob, packOutcome, unpackOutcome, type FinishedFacts } from '../finished-record.ts';
import { Waker } from './waker.ts';

/** Options of {@link folderJobQueue}. */
export interface FolderJobQueueOptions {
  /**
   * How long a job that has ended can be asked about, in milliseconds.
   * @defaultValue 86400000 (a day)
   */
  readonly retentionMs?: number;
  /**
   * Jobs that may wait or run; over it new ones are refused.
   * @defaultValue 1000
   */
  readonly maxJobs?: number;
  /**
   * Bytes that requests and kept answers may take; over it new jobs are refused.
   * @defaultValue 1073741824 (1 GiB)
   */
  readonly maxBytes?: number;
  /**
   * How often the folder is looked through for what other processes left in it, in milliseconds.
   * @defaultValue 500
   */
  readonly pollIntervalMs?: number;
}

const ABANDONED_MS = 3_600_000;
const AFTER_FAILURE_MS = 1000;

/**
 * Keeps jobs in the folder `path`, on a file system with hard links; several processes can share it.
 *
 * Each record is written whole and synced before it gets its name, and a job's end is a name that only one can take:
 * at any moment a job is there or not, and it ends once.
 *
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the option and its value; what the file system says of a
 * folder that can't be made.
 */
export async function folderJobQueue(
  path: string,
  options: FolderJobQueueOptions = {},
): Promise<JobQueue> {
  const limits = {
    retentionMs: 86_400_000,
    maxJobs: 1000,
    maxBytes: 1024 ** 3,
    pollIntervalMs: 500,
    ...options,
  };
  checkLimits(limits);
  const queue = new FolderJobQueue(path, limits);
  await queue.open();
  return queue;
}

class FolderJobQueue implements JobQueue {
  readonly #limits: Required<FolderJobQueueOptions>;
  readonly #temporary: string;
  readonly #orders: string;
  readonly #finished: string;
  readonly #keys: string;
  readonly #runs: LeasedEntries;
  readonly #notices: LeasedEntries;
  readonly #waker = new Waker();
  /** Being accepted at this moment, and not yet seen in the folder. */
  #arriving = { jobs: 0, bytes: 0 };
  /** Bytes of kept answers, as of the last sweep and what was added since. */
  #keptBytes = 0;
  #orphans: ReadonlySet<string> = new Set();

  constructor(folder: string, limits: Required<FolderJobQueueOptions>) {
    this.#limits = limits;
    this.#temporary = join(folder, 'temporary');
    this.#orders = join(folder, 'jobs');
    this.#finished = join(folder, 'finished');
    this.#keys = join(folder, 'keys');
    this.#runs = new LeasedEntries(join(folder, 'runs'));
    this.#notices = new LeasedEntries(join(folder, 'notices'));
  }

  async open(): Promise<void> {
    for (const each of [this.#temporary, this.#orders, this.#finished, this.#keys])
      await makeFolder(each);
    await this.#runs.open();
    await this.#notices.open();
    await this.sweep();
  }

  async enqueue(asked: NewJob): Promise<Job> {
    const order = orderOf(asked, Date.now());
    const known = await this.#findKnown(order);
    if (known !== undefined) return known;
    const record = packRecord(order, asked.body);
    const size = record.length;
    this.#arriving.jobs += 1;
    this.#arriving.bytes += size;
    try {
      await this.#requireRoom();
      return await this.#written(record, async (file) => {
        await linkIfAbsent(file, join(this.#orders, order.id));
        if (order.idempotency !== undefined) {
          const first = await linkIfAbsent(file, join(this.#keys, order.idempotency.key));
          if (!first) {
            await removeIfPresent(join(this.#orders, order.id));
            // Somebody with the same key was faster; if that one's time is over meanwhile, it is a new job after all.
            return (await this.#findKnown(order)) ?? (await this.enqueue(asked));
          }
        }
        await this.#runs.add(order.id, file, size, order.createdAtMs);
        this.#waker.wake();
        return { order, state: 'queued' };
      });
    } finally {
      this.#arriving.jobs -= 1;
      this.#arriving.bytes -= size;
    }
  }

  async claim({ leaseMs, signal }: ClaimOptions): Promise<JobClaim | undefined> {
    return this.#waitFor(signal, async () => {
      const entry = await this.#runs.claim(leaseMs);
      return entry && this.#orGivenBack(entry, this.#openRun(entry));
    });
  }

  async claimNotice({ leaseMs, signal }: ClaimOptions): Promise<NoticeClaim | undefined> {
    return this.#waitFor(signal, async () => {
      const entry = await this.#notices.claim(leaseMs);
      if (entry === undefined) return undefined;
      const job = await this.#orGivenBack(entry, this.#readFinished(entry.id));
      if (job === undefined) {
        await entry.remove();
        return undefined;
      }
      return {
        job,
        attempt: entry.attempt,
        finish: () => entry.remove(),
        release: async ({ delayMs }) => {
          await entry.release({ delayMs, counted: true });
        },
      };
    });
  }

  async get(id: string): Promise<Job | undefined> {
    const finished = await this.#readFinished(id);
    if (finished !== undefined) return finished;
    const start = isJobId(id) ? await readStart(join(this.#orders, id)) : undefined;
    // A job loses its order after it got its end.
    if (start === undefined) return this.#readFinished(id);
    const order = unpackHead(start) as JobOrder;
    return { order, state: (await this.#runs.isClaimed(id)) ? 'running' : 'queued' };
  }

  async outcome(id: string): Promise<JobOutcome | undefined> {
    if ((await this.#readFinished(id)) === undefined) return undefined;
    const bytes = await readIfPresent(join(this.#finished, id));
    return bytes && unpackOutcome(bytes);
  }

  async cancel(id: string): Promise<Job | undefined> {
    const job = await this.get(id);
    if (job === undefined || job.outcome !== undefined) return job;
    const outcome = { state: 'canceled', attempts: 0, finishedAtMs: Date.now() } as const;
    if (await this.#end(job.order, outcome)) {
      await this.#runs.removeWaiting(id);
      await removeIfPresent(join(this.#orders, id));
    }
    return this.get(id);
  }

  async depth(): Promise<JobDepth> {
    const { waiting, claimed } = await this.#runs.list();
    return { queued: waiting.length, running: claimed.length };
  }

  async sweep(): Promise<void> {
    const now = Date.now();
    for (const name of await namesIn(this.#temporary)) {
      const file = join(this.#temporary, name);
      const stats = await lstat(file).catch(() => undefined);
      if (stats !== undefined && stats.mtimeMs < now - ABANDONED_MS) await removeIfPresent(file);
    }
    let keptBytes = 0;
    for (const id of (await namesIn(this.#finished)).filter(isJobId)) {
      const file = join(this.#finished, id);
      const stats = await lstat(file).catch(() => undefined);
      if (stats === undefined) continue;
      if (stats.mtimeMs >= now - this.#limits.retentionMs) keptBytes += stats.size;
      else await this.#forget(id);
    }
    this.#keptBytes = keptBytes;
    await this.#adoptOrphans();
  }

  /** The first thing that `look` finds, until `signal` aborts. */
  async #waitFor<T>(
    signal: AbortSignal,
    look: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    while (!signal.aborted) {
      const woken = this.#waker.wait(this.#limits.pollIntervalMs, signal);
      const found = await look();
      if (found !== undefined) return found;
      await woken;
    }
    return undefined;
  }

  /** What can't be read now is left to another time. */
  #orGivenBack<T>(entry: LeasedEntry, opened: Promise<T>): Promise<T> {
    return opened.catch(async (error: unknown) => {
      await entry.release({ delayMs: AFTER_FAILURE_MS, counted: false });
      throw error;
    });
  }

  async #openRun(entry: LeasedEntry): Promise<JobClaim | undefined> {
    const { id, attempt } = entry;
    const bytes = await readIfPresent(join(this.#orders, id));
    const ended = await this.#readFinished(id);
    if (ended !== undefined || bytes === undefined) {
      // Whoever ended it died before it was done with that, or had lost it to a second run.
      if (ended !== undefined) await this.#announce(ended.order);
      await this.#letGo(entry);
      return undefined;
    }
    const { facts, body } = unpackRecord(bytes);
    const order = facts as JobOrder;
    return {
      order,
      body,
      attempt,
      extend: async () => {
        if (!(await isPresent(join(this.#finished, id)))) return entry.extend();
        await this.#letGo(entry);
        return false;
      },
      finish: async (outcome) => {
        const ours = await this.#end(order, outcome);
        await this.#letGo(entry);
        return ours;
      },
      release: async (options) => {
        await entry.release(options);
      },
    };
  }

  /** Gives a job its end, unless it has one; nothing but this makes it visible. */
  async #end(order: JobOrder, outcome: JobOutcome): Promise<boolean> {
    const record = packOutcome(order, outcome);
    const ours = await this.#written(record, (file) =>
      linkIfAbsent(file, join(this.#finished, order.id)),
    );
    if (!ours) return false;
    this.#keptBytes += record.length;
    if (outcome.state !== 'canceled') await this.#announce(order);
    return true;
  }

  async #announce({ id, webhookUrl }: JobOrder): Promise<void> {
    if (webhookUrl === undefined) return;
    await this.#notices.add(id, join(this.#finished, id), 0, Date.now());
    this.#waker.wake();
  }

  async #letGo(entry: LeasedEntry): Promise<void> {
    await removeIfPresent(join(this.#orders, entry.id));
    await entry.remove();
  }

  async #readFinished(id: string): Promise<Required<Job> | undefined> {
    const start = isJobId(id) ? await readStart(join(this.#finished, id)) : undefined;
    if (start === undefined) return undefined;
    const job = finishedJob(unpackHead(start) as FinishedFacts, this.#limits.retentionMs);
    return job.expiresAtMs > Date.now() ? job : undefined;
  }

  /** The job that the same key made before. */
  async #findKnown(order: JobOrder): Promise<Job | undefined> {
    if (order.idempotency === undefined) return undefined;
    const file = join(this.#keys, order.idempotency.key);
    const bytes = await readIfPresent(file);
    if (bytes === undefined) return undefined;
    const known = unpackHead(bytes) as JobOrder;
    const job = await this.get(known.id);
    if (job === undefined) {
      // Its time is over, and the key is free again.
      await removeIfPresent(file);
      return undefined;
    }
    requireSameRequest(known, order);
    // It may have been cut off between its key and its place in the queue.
    if (job.state === 'queued' && !(await this.#runs.has(known.id)))
      await this.#runs.add(known.id, file, bytes.length, known.createdAtMs);
    return job;
  }

  async #requireRoom(): Promise<void> {
    const { maxJobs, maxBytes } = this.#limits;
    const { waiting, claimed } = await this.#runs.list();
    const entries = [...waiting, ...claimed];
    const bytes = entries.reduce((sum, each) => sum + each.bytes, this.#keptBytes);
    const jobs = entries.length + this.#arriving.jobs;
    if (jobs <= maxJobs && bytes + this.#arriving.bytes <= maxBytes) return;
    const what = jobs > maxJobs ? `${maxJobs} jobs` : `${maxBytes} bytes of jobs and answers`;
    throw new ServingError(
      'ERR_SERVING_JOBS_FULL',
      `the queue holds ${what}, as many as it may; try again later`,
    );
  }

  /** Writes a temporary file for `use`, which may give it another name, and removes it. */
  async #written<T>(record: Buffer, use: (file: string) => Promise<T>): Promise<T> {
    const file = join(this.#temporary, randomUUID());
    try {
      await writeDurably(file, record);
      return await use(file);
    } finally {
      // It is decided by now; what can't be removed is left to a sweep.
      await removeIfPresent(file).catch(() => undefined);
    }
  }

  async #forget(id: string): Promise<void> {
    const start = await readStart(join(this.#finished, id));
    const key = start && (unpackHead(start) as FinishedFacts).order.idempotency?.key;
    if (key !== undefined) {
      const file = join(this.#keys, key);
      const owner = await readStart(file);
      if (owner && (unpackHead(owner) as JobOrder).id === id) await removeIfPresent(file);
    }
    await removeIfPresent(join(this.#finished, id));
  }

  /** Orders that a crash cut off before they were queued are queued, once they are seen twice to wait nowhere. */
  async #adoptOrphans(): Promise<void> {
    const ids = (await namesIn(this.#orders)).filter(isJobId);
    const { waiting, claimed } = await this.#runs.list();
    const known = new Set([...waiting, ...claimed].map(({ id }) => id));
    const orphans = new Set(ids.filter((id) => !known.has(id)));
    for (const id of orphans) {
      if (!this.#orphans.has(id)) continue;
      const file = join(this.#orders, id);
      const bytes = await readIfPresent(file);
      if (bytes === undefined) continue;
      const { createdAtMs } = unpackHead(bytes) as JobOrder;
      await this.#runs.add(id, file, bytes.length, createdAtMs);
    }
    this.#orphans = orphans;
  }
}
