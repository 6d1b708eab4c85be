import type { Charge } from './charge.ts';
import type { JobLimits } from './job-limits.ts';
import { JobUsage } from './job-usage.ts';

/** What a queue stores: jobs that wait or run, jobs that have ended, and webhooks that wait. */
export type RecordKind = 'pending' | 'finished' | 'webhook';

const KINDS = ['pending', 'finished', 'webhook'] as const satisfies readonly RecordKind[];

/** Where the records are, which several processes may change. */
export interface LedgerSource {
  /** The ids of all records of a kind. */
  ids(kind: RecordKind): AsyncIterable<string>;
  /** What a record takes; undefined when it is gone. */
  charge(kind: RecordKind, id: string): Promise<Charge | undefined>;
}

interface Entry {
  readonly charge: Charge;
  /** The count that saw it last. */
  seen: number;
  /** Whether this process is about to store it, so that a count doesn't find it yet. */
  isReserved: boolean;
}

interface Kind {
  readonly entries: Map<string, Entry>;
  /** Added or removed here since the present count began: what it saw of them is out of date. */
  readonly touched: Set<string>;
  counts: number;
  dueMs: number;
  running: Promise<void>;
  next: Promise<void> | undefined;
}

const CHARGES_AT_A_TIME = 16;
/** A count takes at most this part of the time. */
const DUTY = 10;
const MAX_INTERVAL_MS = 60_000;

/**
 * What a queue holds, compared with its bounds: exact for what this process does, and counted again from the storage for
 * what other processes do and what a crash left behind.
 */
export class JobLedger {
  readonly #source: LedgerSource;
  readonly #usage: JobUsage;
  readonly #intervalMs: number;
  readonly #kinds: Readonly<Record<RecordKind, Kind>> = {
    pending: newKind(),
    finished: newKind(),
    webhook: newKind(),
  };

  /** The storage is counted again `intervalMs` after a count, and later where counting takes long. */
  constructor(source: LedgerSource, limits: Required<JobLimits>, intervalMs: number) {
    this.#source = source;
    this.#usage = new JobUsage(limits);
    this.#intervalMs = intervalMs;
  }

  /** What a record takes, as far as it is known here. */
  find(kind: RecordKind, id: string): Charge | undefined {
    return this.#kinds[kind].entries.get(id)?.charge;
  }

  /**
   * Compares a charge with the bounds.
   *
   * @throws JobsError `ERR_JOBS_OWNER_LIMIT`, `ERR_JOBS_FULL` or `ERR_JOBS_TOO_LARGE`.
   */
  requireRoom(charge: Charge): void {
    this.#usage.requireRoom(charge);
  }

  /** As {@link requireRoom}, and counts the record from now on; {@link settle}, {@link remove} or
   * {@link removeWith} has to follow. */
  reserve(kind: RecordKind, id: string, charge: Charge, replaced?: Charge): void {
    this.#usage.requireRoom(charge, replaced);
    this.#put(kind, id, charge, true);
  }

  /** Counts a record that is stored. */
  add(kind: RecordKind, id: string, charge: Charge): void {
    this.#put(kind, id, charge, false);
  }

  /** Ends a reservation: the record is stored, or the next count decides whether it is. */
  settle(kind: RecordKind, id: string): void {
    const { entries, touched } = this.#kinds[kind];
    const entry = entries.get(id);
    if (entry !== undefined) entry.isReserved = false;
    touched.add(id);
  }

  /** A record is gone. */
  remove(kind: RecordKind, id: string): void {
    const { entries, touched } = this.#kinds[kind];
    touched.add(id);
    const entry = entries.get(id);
    if (entry === undefined) return;
    entries.delete(id);
    this.#usage.subtract(entry.charge);
  }

  /** Removes a record from the storage with `work`, then from here; when `work` fails, the next count decides. */
  async removeWith(kind: RecordKind, id: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.settle(kind, id);
      throw error;
    }
    this.remove(kind, id);
  }

  /** Counts the kinds again whose last count is too long ago. */
  async refresh(): Promise<void> {
    const now = performance.now();
    const due = KINDS.filter((kind) => this.#kinds[kind].dueMs <= now);
    await Promise.all(due.map((kind) => this.recount(kind)));
  }

  /** Counts a kind again, with everything that was stored before this call; all kinds without one. */
  async recount(kind?: RecordKind): Promise<void> {
    if (kind === undefined) {
      await Promise.all(KINDS.map((each) => this.recount(each)));
      return;
    }
    const state = this.#kinds[kind];
    // Those that call while one count runs share the one after it.
    state.next ??= state.running
      .catch(() => undefined)
      .then(() => {
        state.running = state.next ?? state.running;
        state.next = undefined;
        return this.#count(kind, state);
      });
    await state.next;
  }

  /**
   * Compares a record that is stored with the bounds again, with what others stored at the same moment.
   *
   * @throws JobsError as {@link requireRoom}.
   */
  async confirm(kind: RecordKind, charge: Charge): Promise<void> {
    await this.recount(kind);
    this.#usage.requireWithin(charge);
  }

  async #count(kind: RecordKind, state: Kind): Promise<void> {
    const startMs = performance.now();
    const { entries, touched } = state;
    touched.clear();
    state.counts += 1;
    const unknown: string[] = [];
    for await (const id of this.#source.ids(kind)) {
      const entry = entries.get(id);
      if (entry === undefined) unknown.push(id);
      else entry.seen = state.counts;
    }
    for (const [id, { seen, isReserved }] of entries) {
      if (seen === state.counts || isReserved || touched.has(id)) continue;
      this.remove(kind, id);
    }
    const take = async (): Promise<void> => {
      for (let id = unknown.pop(); id !== undefined; id = unknown.pop()) {
        const charge = await this.#source.charge(kind, id);
        if (charge !== undefined && !touched.has(id) && !entries.has(id)) {
          this.#put(kind, id, charge, false);
        }
      }
    };
    await Promise.all(Array.from({ length: CHARGES_AT_A_TIME }, take));
    const endMs = performance.now();
    const pauseMs = Math.max(this.#intervalMs, DUTY * (endMs - startMs));
    state.dueMs = endMs + Math.min(pauseMs, MAX_INTERVAL_MS);
  }

  #put(kind: RecordKind, id: string, charge: Charge, isReserved: boolean): void {
    this.remove(kind, id);
    const { entries, counts } = this.#kinds[kind];
    entries.set(id, { charge, seen: counts, isReserved });
    this.#usage.add(charge);
  }
}

function newKind(): Kind {
  return {
    entries: new Map(),
    touched: new Set(),
    counts: 0,
    dueMs: 0,
    running: Promise.resolve(),
    next: undefined,
  };
}
