import { describeValue } from '@fairlead/signature';
import { checkOptions, invalidOption } from '../check-options.ts';
import type { RolloutPlan } from '../plan/rollout-plan.ts';
import { RolloutError } from '../rollout-error.ts';
import { encodeEntry, invalidEntry, MAX_ENTRY_BYTES, parseEntry } from './entry-document.ts';
import type { RolloutEntry, RolloutRecord } from './rollout-entry.ts';
import type { RolloutObjects } from './rollout-objects.ts';
import { firstState, nextState, rolloutName, type RolloutState } from './rollout-state.ts';

/** Options of a {@link RolloutLog}. */
export interface RolloutLogOptions {
  readonly objects: RolloutObjects;
  readonly model: string;
  /** The clock, in milliseconds since the epoch. */
  readonly now?: (() => number) | undefined;
}

/** Person or service that makes a change, and its reason. */
export interface RolloutAudit {
  readonly actor: string;
  readonly reason: string;
}

const ROLLOUTS = 'rollouts';
const MODEL = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,254}$/;
/** Other processes change a rollout seldom: a few attempts are enough. */
const ATTEMPTS = 20;
const ROLLOUT = /^\d{4,9}$/;

/**
 * Rollouts of a model in a store: each is a numbered log of entries that never change, so that any number of processes may read and extend it.
 *
 * An entry is created only if no other process has created that number; then the change is judged again with the new state. A process that
 * is killed leaves an entry completely or not at all.
 *
 * ```text
 * rollouts/churn/0004/00000003.json
 * ```
 *
 * @throws RolloutError `ERR_ROLLOUT_INVALID_OPTION` for a name of a model that can't be part of a key
 *
 * @example
 * ```ts
 * import { readPlan, RolloutLog } from '@fairlead/rollout';
 *
 * const bodies = new Map<string, Uint8Array>();
 * const objects = {
 *   create: async (key: string, body: Uint8Array) => !bodies.has(key) && bodies.set(key, body) !== undefined,
 *   read: async (key: string) => bodies.get(key),
 *   list: async () => (bodies.size === 0 ? [] : [{ name: '0001', kind: 'folder' } as const]),
 * };
 * const log = new RolloutLog({ objects, model: 'churn' });
 * const state = await log.start(readPlan({ baseline: '3', candidate: '4' }), { actor: 'ada', reason: 'retrained' });
 * const paused = await log.append(state, { type: 'paused', actor: 'ada', reason: 'weekend' });
 * console.log(paused.status, paused.number); // paused 1
 * console.log((await log.latest())?.entries.map(({ type }) => type)); // [ 'started', 'paused' ]
 * ```
 */
export class RolloutLog {
  readonly #objects: RolloutObjects;
  readonly #model: string;
  readonly #now: () => number;
  /** The state that was read last: its entries aren't read again. */
  #known: RolloutState | undefined;

  constructor(options: RolloutLogOptions) {
    const {
      objects,
      model,
      now = Date.now,
    } = checkOptions('RolloutLog', options, {
      objects: 'required',
      model: 'required',
      now: 'optional',
    });
    if (typeof model !== 'string' || !MODEL.test(model)) {
      throw invalidOption(
        `RolloutLog: the model ${describeValue(model)} can't be part of a key; it may have letters, digits, ".", "_" and "-".`,
      );
    }
    this.#objects = objects;
    this.#model = model;
    this.#now = now;
  }

  /**
   * Starts a rollout.
   *
   * @throws RolloutError `ERR_ROLLOUT_CONFLICT` while another one isn't ended
   */
  async start(plan: RolloutPlan, audit: RolloutAudit): Promise<RolloutState> {
    const latest = await this.latest();
    if (latest !== undefined && latest.status !== 'ended') throw this.#isActive(latest);
    const place = { model: this.#model, number: (latest?.number ?? 0) + 1 };
    const entry = { type: 'started', plan, ...audit, at: this.#now() } as const;
    if (await this.#objects.create(this.#key(place.number, 1), encodeEntry(entry))) {
      const state = firstState(place, entry);
      this.#remember(state);
      return state;
    }
    const other = await this.latest();
    if (other !== undefined) throw this.#isActive(other);
    throw invalidEntry(this.#key(place.number, 1), 'it exists, and can not be read');
  }

  /** Reads the last rollout, active or ended; undefined without any. */
  async latest(): Promise<RolloutState | undefined> {
    const known = this.#known;
    if (known !== undefined) {
      // One object, in place of a list: there is no other rollout while this one isn't ended.
      const state = await this.read(known.number);
      if (state?.status !== 'ended') return state;
      const next = await this.#objects.read(this.#key(known.number + 1, 1), {
        maxBytes: MAX_ENTRY_BYTES,
      });
      if (next === undefined) return state;
    }
    for (const number of (await this.numbers()).toReversed()) {
      // A folder without an entry is left by a process that was killed.
      const state = await this.read(number);
      if (state !== undefined) return state;
    }
    return undefined;
  }

  /** Reads all rollouts, the first one first. */
  async all(): Promise<readonly RolloutState[]> {
    const states: RolloutState[] = [];
    for (const number of await this.numbers()) {
      const state = await this.read(number);
      if (state !== undefined) states.push(state);
    }
    return states;
  }

  /** Lists the numbers of all rollouts, in ascending order. */
  async numbers(): Promise<readonly number[]> {
    const entries = await this.#objects.list(`${ROLLOUTS}/${this.#model}`);
    return entries
      .filter(({ name, kind }) => kind === 'folder' && ROLLOUT.test(name))
      .map(({ name }) => Number(name))
      .sort((a, b) => a - b);
  }

  /** Reads the rollout with a number; undefined without it. */
  async read(number: number): Promise<RolloutState | undefined> {
    let state = this.#known?.number === number ? this.#known : undefined;
    if (state?.status === 'ended') return state;
    for (let index = (state?.entries.length ?? 0) + 1; ; index += 1) {
      const key = this.#key(number, index);
      const bytes = await this.#objects.read(key, { maxBytes: MAX_ENTRY_BYTES });
      if (bytes === undefined) break;
      state = follow({ model: this.#model, number }, state, parseEntry(bytes, key), key);
    }
    if (state !== undefined) this.#remember(state);
    return state;
  }

  /**
   * Adds an entry to the log of a rollout, if nothing has changed since its state was read.
   *
   * @throws RolloutError `ERR_ROLLOUT_CONFLICT` for a change that the state doesn't permit, and where another process was faster: read the state again
   */
  async append(state: RolloutState, change: RolloutRecord): Promise<RolloutState> {
    const next = await this.#tryAppend(state, change);
    if (next === undefined) throw changedByOther(state);
    return next;
  }

  /**
   * Adds an entry to the log of the last rollout, also where other processes change it at the same time.
   *
   * @throws RolloutError `ERR_ROLLOUT_CONFLICT` for a change that its state doesn't permit, and without a rollout
   */
  async change(change: RolloutRecord): Promise<RolloutState> {
    for (let attempt = 1; ; attempt += 1) {
      const state = await this.latest();
      if (state === undefined) {
        throw new RolloutError(
          'ERR_ROLLOUT_CONFLICT',
          `The model ${JSON.stringify(this.#model)} has no rollout. Start one.`,
        );
      }
      const next = await this.#tryAppend(state, change);
      if (next !== undefined) return next;
      if (attempt === ATTEMPTS) throw changedByOther(state);
    }
  }

  /** Returns undefined where another process was faster. */
  async #tryAppend(state: RolloutState, change: RolloutRecord): Promise<RolloutState | undefined> {
    const entry = { ...change, at: Math.max(this.#now(), state.entries.at(-1)?.at ?? 0) };
    const next = nextState(state, entry);
    const key = this.#key(state.number, state.entries.length + 1);
    if (!(await this.#objects.create(key, encodeEntry(entry)))) return undefined;
    this.#remember(next);
    return next;
  }

  /** A read that was overtaken by a later one must not bring an earlier state back. */
  #remember(state: RolloutState): void {
    const known = this.#known;
    const isOlder =
      known !== undefined &&
      (state.number < known.number ||
        (state.number === known.number && state.entries.length < known.entries.length));
    if (!isOlder) this.#known = state;
  }

  #key(number: number, entry: number): string {
    const folder = String(number).padStart(4, '0');
    return `${ROLLOUTS}/${this.#model}/${folder}/${String(entry).padStart(8, '0')}.json`;
  }

  #isActive(state: RolloutState): RolloutError {
    return new RolloutError(
      'ERR_ROLLOUT_CONFLICT',
      `Rollout ${rolloutName(state)} of version ${state.plan.candidate} is still active. Wait for its end, or abort it.`,
    );
  }
}

function changedByOther(state: RolloutState): RolloutError {
  return new RolloutError(
    'ERR_ROLLOUT_CONFLICT',
    `Rollout ${rolloutName(state)} was changed by another process at the same time. Read it again.`,
  );
}

function follow(
  place: Pick<RolloutState, 'model' | 'number'>,
  state: RolloutState | undefined,
  entry: RolloutEntry,
  key: string,
): RolloutState {
  if (state !== undefined) {
    try {
      return nextState(state, entry);
    } catch (cause) {
      throw invalidEntry(key, cause instanceof Error ? cause.message : String(cause), cause);
    }
  }
  if (entry.type !== 'started') throw invalidEntry(key, `the first entry is ${entry.type}`);
  return firstState(place, entry);
}
