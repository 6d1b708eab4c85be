import type { Charge } from './charge.ts';
import type { JobLimits } from './job-limits.ts';
import { JobUsage } from './job-usage.ts';

/** Kinds of records that are counted: jobs that wait or run, finished jobs, and webhooks that wait. */
export type RecordKind = 'pending' | 'finished' | 'webhook';

const KINDS = ['pending', 'finished', 'webhook'] as const satisfies readonly RecordKind[];

/** Stored records, which several processes may change. */
export interface LedgerSource {
  /** Ids of all records of a kind. */
  ids(kind: RecordKind): AsyncIterable<string>;
  /** Charge of a record; undefined when it doesn't exist. */
  charge(kind: RecordKind, id: string): Promise<Charge | undefined>;
}

interface Entry {
  readonly charge: Charge;
  /** Number of the last count that found it. */
  seen: number;
  /** True while this process is about to store it, so that a count doesn't find it yet. */
  isReserved: boolean;
}

interface Kind {
  readonly entries: Map<string, Entry>;
  /** Added or removed by this process since the current count started: its result for them is outdated. */
  readonly touched: Set<string>;
  counts: number;
  dueMs: number;
  running: Promise<void>;
  next: Promise<void> | undefined;
}

const CHARGES_AT_A_TIME = 16;
/** A count takes at most one part in ten of the time. */
const DUTY = 10;
const MAX_INTERVAL_MS = 60_000;

/**
 * Usage of a queue, compared with its limits: exact for changes by this process, and counted again from the storage for
 * changes by other processes and after crashes.
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

  /** The storage is counted again `intervalMs` milliseconds after a count, or later when a count takes long. */
  constructor(source: LedgerSource, limits: Required<JobLimits>, intervalMs: number) {
    this.#source = source;
    this.#usage = new JobUsage(limits);
    this.#intervalMs = intervalMs;
  }

  /** Charge of a record, as far as this process knows it. */
  find(kind: RecordKind, id: string): Charge | undefined {
    return this.#kinds[kind].entries.get(id)?.charge;
  }

  /**
   * Compares a charge with the limits.
   *
   * @throws JobsError `ERR_JOBS_OWNER_LIMIT`, `ERR_JOBS_FULL` or `ERR_JOBS_TOO_LARGE`.
   */
  requireRoom(charge: Charge): void {
    this.#usage.requireRoom(charge);
  }

  /** Compares a charge with the limits as {@link requireRoom} does, and counts the record from now on; {@link settle},
   * {@link remove} or {@link removeWith} must follow. */
  reserve(kind: RecordKind, id: string, charge: Charge, replaced?: Charge): void {
    this.#usage.requireRoom(charge, replaced);
    this.#put(kind, id, charge, true);
  }

  /** Counts a record that is stored. */
  add(kind: RecordKind, id: string, charge: Charge): void {
    this.#put(kind, id, charge, false);
  }

  /** Ends a reservation: the record was stored, or the next count finds out whether it was. */
  settle(kind: RecordKind, id: string): void {
    const { entries, touched } = this.#kinds[kind];
    const entry = entries.get(id);
    if (entry !== undefined) entry.isReserved = false;
    touched.add(id);
  }

  /** Counts a record no more. */
  remove(kind: RecordKind, id: string): void {
    const { entries, touched } = this.#kinds[kind];
    touched.add(id);
    const entry = entries.get(id);
    if (entry === undefined) return;
    entries.delete(id);
    this.#usage.subtract(entry.charge);
  }

  /** Removes a record from the storage with `work`, then from the usage; when `work` fails, the next count finds out. */
  async removeWith(kind: RecordKind, id: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.settle(kind, id);
      throw error;
    }
    this.remove(kind, id);
  }

  /** Counts the kinds again whose count is outdated. */
  async refresh(): Promise<void> {
    const now = performance.now();
    const due = KINDS.filter((kind) => this.#kinds[kind].dueMs <= now);
    await Promise.all(due.map((kind) => this.recount(kind)));
  }

  /** Counts a kind again, with all records that were stored before this call; without `kind`, all kinds. */
  async recount(kind?: RecordKind): Promise<void> {
    if (kind === undefined) {
      await Promise.all(KINDS.map((each) => this.recount(each)));
      return;
    }
    const state = this.#kinds[kind];
    // Calls during a count share the count after it.
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
   * Compares a stored record with the limits again, with the records that other processes stored at the same moment.
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
