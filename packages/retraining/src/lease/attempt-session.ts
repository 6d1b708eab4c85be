import { RetrainingError } from '../retraining-error.ts';
import type { AttemptEntry, AttemptRecord } from '../state/attempt-entry.ts';
import type { AttemptLog } from '../state/attempt-log.ts';
import { attemptName, type AttemptState } from '../state/attempt-state.ts';
import type { RetrainingDriver } from './process-driver.ts';

const MINUTE_MS = 60_000;
/** Shortest and longest lease: a long attempt is renewed seldom, so that its log stays short. */
const LEASE_MS = [MINUTE_MS, 15 * MINUTE_MS] as const;

/** Parts of an {@link AttemptSession}. */
export interface AttemptSessionOptions {
  readonly log: AttemptLog;
  readonly driver: RetrainingDriver;
  /** Name for the entries. */
  readonly actor: string;
  /** The clock, in milliseconds since the epoch. */
  readonly now?: (() => number) | undefined;
  /** Called with each entry that was added. */
  readonly onEntry?: ((entry: AttemptEntry, state: AttemptState) => void) | undefined;
}

/** Time between looks at the entries of others. */
const LOOK_MS = 5000;

/** End of a lease that is taken or renewed now: a quarter of the attempt's age, within limits. */
export function leaseUntil(now: number, requestedAt = now): number {
  const [min, max] = LEASE_MS;
  return Math.ceil(now + Math.min(max, Math.max(min, (now - requestedAt) / 4)));
}

/**
 * Attempt that this process works on, and no other: it holds the lease, renews it, and adds the entries.
 *
 * A process that lost its lease can't add an entry, since another one took the next number: then the signal is aborted.
 */
export class AttemptSession {
  readonly #options: AttemptSessionOptions;
  readonly #lost = new AbortController();
  #state: AttemptState;
  #timer: NodeJS.Timeout | undefined;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(options: AttemptSessionOptions, state: AttemptState) {
    this.#options = options;
    this.#state = state;
    this.#schedule();
  }

  /**
   * Takes the lease of an attempt that is held by this process, has expired, or is held by a process that has ended.
   *
   * @throws RetrainingError `ERR_RETRAINING_CONFLICT` while another process holds it, or takes it at the same time
   */
  static async open(options: AttemptSessionOptions, state: AttemptState): Promise<AttemptSession> {
    const { driver, now = Date.now, log, actor, onEntry } = options;
    const { lease } = state;
    // A rollout needs no lease: it is only looked at, and one of several processes records its end.
    const isFree = state.phase === 'ended' || state.phase === 'rollout';
    if (isFree || lease.driver === driver.id) return new AttemptSession(options, state);
    const hasEnded = driver.hasEnded(lease.driver);
    if (!hasEnded && now() < lease.until) {
      throw new RetrainingError(
        'ERR_RETRAINING_CONFLICT',
        `Attempt ${attemptName(state)} is worked on by process ${processOf(lease.driver)} until ${new Date(lease.until).toISOString()} at least. Wait for it, or abort the attempt.`,
      );
    }
    const reason = hasEnded
      ? `process ${processOf(lease.driver)} has ended`
      : `the lease of process ${processOf(lease.driver)} has expired`;
    const until = leaseUntil(now(), state.requestedAt);
    const next = await log.append(state, {
      ...{ type: 'driven', driver: driver.id, until, actor, reason },
    });
    const entry = next.entries.at(-1);
    if (entry !== undefined) onEntry?.(entry, next);
    return new AttemptSession(options, next);
  }

  get state(): AttemptState {
    return this.#state;
  }

  /** Aborted when another process took over, or ended the attempt. */
  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /**
   * Adds an entry.
   *
   * @throws RetrainingError `ERR_RETRAINING_CONFLICT` where another process took over, or ended the attempt
   */
  append(change: AttemptRecord): Promise<AttemptState> {
    // A renewal may be on its way.
    const appended = this.#last.then(() => this.#append(change));
    this.#last = appended.catch(() => undefined);
    return appended;
  }

  /** Releases the lease, unless the attempt doesn't need one any more. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    const { phase } = this.#state;
    if (phase !== 'ended' && phase !== 'rollout') await this.#release();
    this.#lost.abort(new Error('closed'));
    await this.#last;
  }

  /** Lets another process continue at once; where that fails, it waits until the lease expires. */
  async #release(): Promise<void> {
    const { now = Date.now, driver, actor } = this.#options;
    const change = { type: 'driven', driver: driver.id, until: now(), actor } as const;
    await this.append({ ...change, reason: 'the lease was released' }).catch(() => undefined);
  }

  async #append(change: AttemptRecord): Promise<AttemptState> {
    const { log, onEntry } = this.#options;
    this.#lost.signal.throwIfAborted();
    try {
      this.#state = await log.append(this.#state, change);
    } catch (error) {
      if (isConflict(error)) this.#lost.abort(await this.#describeLoss(error));
      this.#lost.signal.throwIfAborted();
      throw error;
    }
    const entry = this.#state.entries.at(-1);
    if (entry !== undefined) onEntry?.(entry, this.#state);
    return this.#state;
  }

  async #describeLoss(error: unknown): Promise<unknown> {
    const { log } = this.#options;
    const state = await log.read(this.#state.number, this.#state).catch(() => undefined);
    const last = state?.entries.at(-1);
    if (last?.type !== 'ended') return error;
    return new RetrainingError(
      'ERR_RETRAINING_CONFLICT',
      `Attempt ${attemptName(this.#state)} was ended (${last.result}) by ${last.actor}: ${last.reason}`,
    );
  }

  #schedule(): void {
    const { phase } = this.#state;
    if (phase === 'ended' || phase === 'rollout' || this.#lost.signal.aborted) return;
    this.#timer = setTimeout(() => {
      // A store that is away: the next look tries again.
      void this.#look()
        .catch(() => undefined)
        .then(() => {
          this.#schedule();
        });
    }, LOOK_MS).unref();
  }

  /** Renews the lease after half of its time, and notices whether another process has added an entry. */
  async #look(): Promise<void> {
    const { now = Date.now, driver, actor, log } = this.#options;
    const { lease, requestedAt, number, entries } = this.#state;
    const until = leaseUntil(now(), requestedAt);
    if (lease.until - now() < (until - now()) / 2) {
      const change = { type: 'driven', driver: driver.id, until, actor } as const;
      await this.append({ ...change, reason: 'the lease was renewed' });
      return;
    }
    const found = await log.read(number, this.#state);
    const isForeign = (found?.entries.length ?? 0) > this.#state.entries.length;
    if (!isForeign || this.#state.entries !== entries) return;
    this.#lost.abort(await this.#describeLoss(changedByOther(this.#state)));
  }
}

function changedByOther(state: AttemptState): RetrainingError {
  return new RetrainingError(
    'ERR_RETRAINING_CONFLICT',
    `Attempt ${attemptName(state)} was changed by another process. Read its state again.`,
  );
}

function processOf(driver: string): string {
  const [pid = '', , , host = ''] = driver.split(' ');
  return `${pid} on ${host}`;
}

function isConflict(error: unknown): boolean {
  return error instanceof RetrainingError && error.code === 'ERR_RETRAINING_CONFLICT';
}
