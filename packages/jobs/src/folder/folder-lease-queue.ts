import { randomBytes } from 'node:crypto';
import type { JobDepth } from '../queue/job-queue.ts';
import type { EntryLeaseOptions, Lease, LeaseQueue, NewEntry } from '../queue/lease-queue.ts';
import { linkIfAbsent, namesIn, removeIfPresent, renameIfPresent } from './durable-file.ts';
import { claimedName, parseClaimed, parseWaiting, waitingName, type Entry } from './entry-name.ts';
import type { JobFolder } from './job-folder.ts';
import { Waker } from './waker.ts';

/** Options of {@link FolderLeaseQueue}. */
export interface FolderLeaseQueueOptions {
  /** Subfolder of the entries. */
  readonly name: 'runs' | 'notices';
  /** Subfolder of the records whose files the entries name as well. */
  readonly records: string;
  /** Time between two scans, in milliseconds. */
  readonly pollIntervalMs: number;
  /** Clock in milliseconds since the epoch. */
  readonly now: () => number;
  /** Clock that measures how long other processes haven't extended a lease, in milliseconds. */
  readonly elapsed: () => number;
}

/**
 * Entries as names in a folder that several processes share: a lease renames, and the first process to rename has it.
 *
 * A name that stays the same for its lease belongs to a process that died. Each process measures that itself, so that
 * the clocks of several hosts needn't agree.
 */
export class FolderLeaseQueue implements LeaseQueue {
  readonly #folder: JobFolder;
  readonly #options: FolderLeaseQueueOptions;
  readonly #waker = new Waker();
  /** Names leased by other processes, with the time at which each was seen first. */
  readonly #seen = new Map<string, number>();
  readonly #own = new Set<string>();

  constructor(folder: JobFolder, options: FolderLeaseQueueOptions) {
    this.#folder = folder;
    this.#options = options;
  }

  async add(id: string, { dueMs, bytes }: NewEntry): Promise<void> {
    const record = this.#folder.pathOf(this.#options.records, id);
    const name = waitingName({ id, bytes, attempts: 0 }, dueMs);
    await this.#folder.recreating(() => linkIfAbsent(record, this.#waiting(name)));
    this.#waker.wake();
  }

  async lease(options: EntryLeaseOptions): Promise<Lease | undefined> {
    const { leaseMs, signal, accepts, beforeScan, onFreed } = options;
    const removeListener = onFreed?.(() => {
      this.#waker.wake();
    });
    try {
      while (!signal.aborted) {
        const woken = this.#waker.wait(this.#options.pollIntervalMs, signal);
        await beforeScan();
        const lease = await this.#folder.recreating(() => this.#scan(leaseMs, accepts));
        if (lease !== undefined) return lease;
        await woken;
      }
      return undefined;
    } finally {
      removeListener?.();
    }
  }

  async remove(id: string): Promise<void> {
    for (const name of await this.#names('waiting')) {
      if (parseWaiting(name)?.id === id) await removeIfPresent(this.#waiting(name));
    }
  }

  async has(id: string): Promise<boolean> {
    for await (const each of this.ids()) if (each === id) return true;
    return false;
  }

  async isLeased(id: string): Promise<boolean> {
    return (await this.#names('claimed')).some((name) => parseClaimed(name)?.id === id);
  }

  async *ids(): AsyncGenerator<string> {
    // In this order an entry that is leased at the same time is listed twice rather than not at all.
    const waiting = await this.#names('waiting');
    const claimed = await this.#names('claimed');
    for (const name of waiting) yield* idsOf(parseWaiting(name));
    for (const name of claimed) yield* idsOf(parseClaimed(name));
  }

  async depth(): Promise<JobDepth> {
    const waiting = await this.#names('waiting');
    const claimed = await this.#names('claimed');
    return {
      queued: waiting.filter((name) => parseWaiting(name) !== undefined).length,
      running: claimed.filter((name) => parseClaimed(name) !== undefined).length,
    };
  }

  /** Leases the entry that waits longest, of those that are due and accepted. */
  async #scan(leaseMs: number, accepts: (id: string) => boolean): Promise<Lease | undefined> {
    await this.#returnExpired();
    const now = this.#options.now();
    for (const name of await this.#names('waiting')) {
      const waiting = parseWaiting(name);
      if (waiting === undefined) continue;
      if (waiting.dueMs > now) return undefined;
      if (!accepts(waiting.id)) continue;
      const entry = { ...waiting, attempts: waiting.attempts + 1 };
      const claimed = claimedName(entry, leaseMs, randomBytes(8));
      this.#own.add(claimed);
      if (await renameIfPresent(this.#waiting(name), this.#claimed(claimed))) {
        return this.#leased(entry, claimed, leaseMs);
      }
      this.#own.delete(claimed);
    }
    return undefined;
  }

  #leased(entry: Entry, firstName: string, leaseMs: number): Lease {
    let name = firstName;
    return {
      id: entry.id,
      attempt: entry.attempts,
      extend: async () => {
        const next = claimedName(entry, leaseMs, randomBytes(8));
        this.#own.add(next);
        const isHeld = await renameIfPresent(this.#claimed(name), this.#claimed(next));
        this.#own.delete(isHeld ? name : next);
        if (isHeld) name = next;
        return isHeld;
      },
      release: async ({ delayMs, counted }) => {
        const attempts = counted ? entry.attempts : entry.attempts - 1;
        const waiting = waitingName({ ...entry, attempts }, this.#options.now() + delayMs);
        try {
          await renameIfPresent(this.#claimed(name), this.#waiting(waiting));
        } finally {
          // Otherwise this process would never return it to the queue after its lease has expired.
          this.#own.delete(name);
        }
      },
      remove: async () => {
        try {
          await removeIfPresent(this.#claimed(name));
        } finally {
          this.#own.delete(name);
        }
      },
    };
  }

  /** Returns the entries of processes that died to the queue. */
  async #returnExpired(): Promise<void> {
    const names = await this.#names('claimed');
    const { now, elapsed } = this.#options;
    for (const name of this.#seen.keys()) if (!names.includes(name)) this.#seen.delete(name);
    for (const name of names) {
      const entry = parseClaimed(name);
      if (entry === undefined || this.#own.has(name)) continue;
      const sinceMs = this.#seen.get(name);
      if (sinceMs === undefined) this.#seen.set(name, elapsed());
      else if (elapsed() - sinceMs > entry.leaseMs) {
        await renameIfPresent(this.#claimed(name), this.#waiting(waitingName(entry, now())));
      }
    }
  }

  #names(state: 'waiting' | 'claimed'): Promise<string[]> {
    const path = this.#folder.pathOf(this.#options.name, state);
    return this.#folder.recreating(() => namesIn(path));
  }

  #waiting(name: string): string {
    return this.#folder.pathOf(this.#options.name, 'waiting', name);
  }

  #claimed(name: string): string {
    return this.#folder.pathOf(this.#options.name, 'claimed', name);
  }
}

function idsOf(entry: Entry | undefined): readonly string[] {
  return entry === undefined ? [] : [entry.id];
}
