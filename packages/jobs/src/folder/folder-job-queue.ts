import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { finishedCharge, pendingCharge, webhookCharge } from '../limits/charge.ts';
import { JobLedger } from '../limits/job-ledger.ts';
import { resolveJobLimits, type JobLimits } from '../limits/job-limits.ts';
import { checkIntegers } from '../errors/check-integers.ts';
import {
  finishedJob,
  packOutcome,
  unpackOutcome,
  type FinishedFacts,
} from '../queue/finished-record.ts';
import { isJobId, orderOf, requireSameRequest } from '../queue/job-identity.ts';
import { describeJob } from '../job/describe-job.ts';
import type { Job, JobOrder, JobOutcome } from '../job/job.ts';
import type {
  ClaimOptions,
  JobClaim,
  JobDepth,
  JobQueue,
  NewJob,
  NoticeClaim,
  NoticeClaimOptions,
  PlannedJob,
} from '../queue/job-queue.ts';
import { packRecord, unpackHead, unpackRecord } from '../queue/packed-record.ts';
import {
  isPresent,
  linkIfAbsent,
  readIfPresent,
  readStart,
  removeIfPresent,
} from './durable-file.ts';
import { JobFolder } from './job-folder.ts';
import type { LeasedEntry } from './leased-entries.ts';
import { Orphans } from './orphans.ts';
import { Waker } from './waker.ts';

/** Options of {@link folderJobQueue}. */
export interface FolderJobQueueOptions extends JobLimits {
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
   * Bytes that requests and stored answers may take; over it new jobs are refused, and a job whose answer has no room fails.
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
 * Keeps jobs in the folder `path`, on a file system with hard links; several processes can share it. A folder that is
 * removed is made again.
 *
 * Each record is written whole and synced before it gets its name, and a job's end is a name that only one can take:
 * at any moment a job is there or not, and it ends once.
 *
 * @throws JobsError `ERR_JOBS_INVALID_OPTION` naming the option and its value; what the file system says of a
 * folder that can't be made.
 */
export async function folderJobQueue(
  path: string,
  { retentionMs = 86_400_000, pollIntervalMs = 500, ...limits }: FolderJobQueueOptions = {},
): Promise<JobQueue> {
  checkIntegers({ retentionMs, pollIntervalMs });
  const resolved = resolveJobLimits(limits, { maxJobs: 1000, maxBytes: 1024 ** 3 });
  const queue = new FolderJobQueue(path, { ...resolved, retentionMs, pollIntervalMs });
  await queue.open();
  return queue;
}

class FolderJobQueue implements JobQueue {
  readonly #limits: Required<FolderJobQueueOptions>;
  readonly #folder: JobFolder;
  readonly #ledger: JobLedger;
  readonly #waker = new Waker();
  readonly #orphans: Orphans;

  constructor(path: string, limits: Required<FolderJobQueueOptions>) {
    this.#limits = limits;
    this.#folder = new JobFolder(path);
    this.#orphans = new Orphans(this.#folder);
    this.#ledger = new JobLedger(this.#folder, limits, limits.pollIntervalMs);
  }

  async open(): Promise<void> {
    await this.#folder.make();
    await this.sweep();
  }

  async requireRoom({ owner, model, webhookUrl }: PlannedJob): Promise<void> {
    await this.#folder.remaking(() => this.#ledger.refresh());
    this.#ledger.requireRoom(pendingCharge({ owner, model, webhookUrl }, 0));
  }

  async enqueue(asked: NewJob): Promise<Job> {
    const order = orderOf(asked, Date.now());
    return this.#folder.remaking(
      async () => (await this.#findKnown(order)) ?? this.#accept(order, asked),
    );
  }

  async claim({ leaseMs, signal, accepts }: ClaimOptions): Promise<JobClaim | undefined> {
    return this.#waitFor(signal, async () => {
      const entry = await this.#folder.runs.claim(leaseMs, (id) => {
        const model = this.#ledger.find('pending', id)?.model;
        return model === undefined || accepts === undefined || accepts(model);
      });
      return entry && this.#orGivenBack(entry, this.#openRun(entry));
    });
  }

  async claimNotice(options: NoticeClaimOptions): Promise<NoticeClaim | undefined> {
    const { leaseMs, signal, accepts, onFreed } = options;
    const stopWaking = onFreed?.(() => {
      this.#waker.wake();
    });
    try {
      return await this.#waitFor(signal, async () => {
        await this.#ledger.refresh();
        const entry = await this.#folder.notices.claim(leaseMs, (id) => {
          const known = this.#ledger.find('webhook', id);
          return known === undefined || accepts === undefined || accepts(known);
        });
        return entry && this.#openNotice(entry);
      });
    } finally {
      stopWaking?.();
    }
  }

  async get(id: string): Promise<Job | undefined> {
    const finished = await this.#readFinished(id);
    if (finished !== undefined) return finished;
    const start = isJobId(id) ? await readStart(join(this.#folder.orders, id)) : undefined;
    // A job loses its order after it got its end.
    if (start === undefined) return this.#readFinished(id);
    const order = unpackHead(start) as JobOrder;
    return { order, state: (await this.#folder.runs.isClaimed(id)) ? 'running' : 'queued' };
  }

  describe(job: Job): object {
    return describeJob(job);
  }

  async outcome(id: string): Promise<JobOutcome | undefined> {
    if ((await this.#readFinished(id)) === undefined) return undefined;
    const bytes = await readIfPresent(join(this.#folder.finished, id));
    return bytes && unpackOutcome(bytes);
  }

  async cancel(id: string): Promise<Job | undefined> {
    const job = await this.get(id);
    if (job === undefined || job.outcome !== undefined) return job;
    const outcome = { state: 'canceled', attempts: 0, finishedAtMs: Date.now() } as const;
    if (await this.#end(job.order, outcome)) {
      await this.#folder.runs.removeWaiting(id);
      await this.#removeOrder(id);
    }
    return this.get(id);
  }

  async remove(id: string): Promise<boolean> {
    if ((await this.#readFinished(id)) === undefined) return false;
    // What a crash left of it goes first: without its end it would run again.
    await this.#removeOrder(id);
    await this.#forget(id);
    await this.#folder.notices.removeWaiting(id);
    this.#ledger.remove('webhook', id);
    return true;
  }

  async depth(): Promise<JobDepth> {
    const { waiting, claimed } = await this.#folder.remaking(() => this.#folder.runs.list());
    return { queued: waiting.length, running: claimed.length };
  }

  async sweep(): Promise<void> {
    await this.#folder.remaking(async () => {
      const now = Date.now();
      await this.#folder.removeAbandoned(now - ABANDONED_MS);
      for await (const id of this.#folder.ids('finished')) {
        const stats = await lstat(join(this.#folder.finished, id)).catch(() => undefined);
        if (stats !== undefined && stats.mtimeMs < now - this.#limits.retentionMs) {
          await this.#forget(id);
        }
      }
      await this.#orphans.adopt();
      await this.#ledger.recount();
    });
  }

  /** The first thing that `look` finds, until `signal` aborts. */
  async #waitFor<T>(
    signal: AbortSignal,
    look: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    while (!signal.aborted) {
      const woken = this.#waker.wait(this.#limits.pollIntervalMs, signal);
      const found = await this.#folder.remaking(look);
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

  /** Stores a job, unless that exceeds a bound. */
  async #accept(order: JobOrder, asked: NewJob): Promise<Job> {
    const record = packRecord(order, asked.body);
    const charge = pendingCharge(order, record.length);
    await this.#ledger.refresh();
    this.#ledger.reserve('pending', order.id, charge);
    let isKnown = false as boolean;
    try {
      return await this.#folder.written(record, async (file) => {
        await linkIfAbsent(file, join(this.#folder.orders, order.id));
        // Another process may have taken the last place at the same moment; then each sees both.
        await this.#ledger.confirm('pending', charge);
        if (!(await this.#folder.takeKey(order))) {
          await this.#removeOrder(order.id);
          // A request with the same key was faster; if the time of its job is over by now, this is a new job after all.
          return (await this.#findKnown(order)) ?? (await this.enqueue(asked));
        }
        isKnown = order.idempotency !== undefined;
        await this.#folder.runs.add(order.id, file, record.length, order.createdAtMs);
        this.#ledger.settle('pending', order.id);
        this.#waker.wake();
        return { order, state: 'queued' };
      });
    } catch (error) {
      // A repeated request may have been answered with this job already; then it is left to be queued again.
      if (isKnown) this.#ledger.settle('pending', order.id);
      else await this.#removeOrder(order.id).catch(() => undefined);
      throw error;
    }
  }

  async #openRun(entry: LeasedEntry): Promise<JobClaim | undefined> {
    const { id, attempt } = entry;
    const bytes = await readIfPresent(join(this.#folder.orders, id));
    const ended = await this.#readFinished(id);
    if (ended !== undefined || bytes === undefined) {
      // The process that ended it died before it was done with that, or had lost it to a second run.
      if (ended !== undefined) await this.#announce(ended.order);
      await this.#acknowledge(entry);
      return undefined;
    }
    const { facts, body } = unpackRecord(bytes);
    const order = facts as JobOrder;
    return {
      order,
      body,
      attempt,
      extend: async () => {
        if (await isPresent(join(this.#folder.orders, id))) return entry.extend();
        await this.#acknowledge(entry);
        return false;
      },
      finish: async (outcome) => {
        const ours = await this.#end(order, outcome);
        await this.#acknowledge(entry);
        return ours;
      },
      release: async (options) => {
        await entry.release(options);
      },
    };
  }

  async #openNotice(entry: LeasedEntry): Promise<NoticeClaim | undefined> {
    const job = await this.#orGivenBack(entry, this.#readFinished(entry.id));
    const done = async (): Promise<void> => {
      await entry.remove();
      this.#ledger.remove('webhook', entry.id);
    };
    if (job === undefined) {
      await done();
      return undefined;
    }
    return {
      job,
      attempt: entry.attempt,
      finish: done,
      release: async ({ delayMs, counted = true }) => {
        await entry.release({ delayMs, counted });
      },
    };
  }

  /** Gives a job its end, unless it has one; nothing but this makes it visible. */
  async #end(order: JobOrder, outcome: JobOutcome): Promise<boolean> {
    const { id } = order;
    // Canceled, or ended by another process and perhaps deleted since.
    if (!(await isPresent(join(this.#folder.orders, id)))) return false;
    if (await isPresent(join(this.#folder.finished, id))) return false;
    const record = packOutcome(order, outcome);
    const charge = finishedCharge(order, record.length);
    // How a job ended is stored in any case; its answer where there is room.
    if (outcome.response === undefined) this.#ledger.add('finished', id, charge);
    else this.#ledger.reserve('finished', id, charge, this.#ledger.find('pending', id));
    let ours = false;
    try {
      ours = await this.#folder.written(record, (file) =>
        linkIfAbsent(file, join(this.#folder.finished, id)),
      );
    } finally {
      if (ours) this.#ledger.settle('finished', id);
      else this.#ledger.remove('finished', id);
    }
    if (ours && outcome.state !== 'canceled') await this.#announce(order);
    return ours;
  }

  async #announce(order: JobOrder): Promise<void> {
    const { id, webhookUrl } = order;
    if (webhookUrl === undefined) return;
    await this.#folder.notices.add(id, join(this.#folder.finished, id), 0, Date.now());
    this.#ledger.add('webhook', id, webhookCharge(order));
    this.#waker.wake();
  }

  async #acknowledge(entry: LeasedEntry): Promise<void> {
    await this.#removeOrder(entry.id);
    await entry.remove();
  }

  async #removeOrder(id: string): Promise<void> {
    const file = join(this.#folder.orders, id);
    await this.#ledger.removeWith('pending', id, () => removeIfPresent(file));
  }

  async #readFinished(id: string): Promise<Required<Job> | undefined> {
    const start = isJobId(id) ? await readStart(join(this.#folder.finished, id)) : undefined;
    if (start === undefined) return undefined;
    const job = finishedJob(unpackHead(start) as FinishedFacts, this.#limits.retentionMs);
    return job.expiresAtMs > Date.now() ? job : undefined;
  }

  /** The job that the same key made before. */
  async #findKnown(order: JobOrder): Promise<Job | undefined> {
    if (order.idempotency === undefined) return undefined;
    const key = join(this.#folder.keys, order.idempotency.key);
    const bytes = await readStart(key);
    if (bytes === undefined) return undefined;
    const known = unpackHead(bytes) as JobOrder;
    const job = await this.get(known.id);
    if (job === undefined) {
      // Its time is over, and the key is free again.
      await removeIfPresent(key);
      return undefined;
    }
    requireSameRequest(known, order);
    // It may have been cut off between its key and its place in the queue.
    if (job.state === 'queued' && !(await this.#folder.runs.has(known.id)))
      await this.#orphans.queueAgain(known.id);
    return job;
  }

  async #forget(id: string): Promise<void> {
    await this.#folder.forget(id);
    this.#ledger.remove('finished', id);
  }
}
