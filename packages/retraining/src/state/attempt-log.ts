import { checkModel, checkOptions } from '../check-options.ts';
import type { RetrainingAudit } from './policy-log.ts';
import { RetrainingError } from '../retraining-error.ts';
import type { AttemptEntry, AttemptLease, AttemptRecord, AttemptRequest } from './attempt-entry.ts';
import { attemptName, firstState, nextState, type AttemptState } from './attempt-state.ts';
import { encodeEntry, parseEntry } from './entry-document.ts';
import type { RetrainingObjects } from './retraining-objects.ts';
import { invalidDocument, MAX_DOCUMENT_BYTES, numbersOf } from './stored-document.ts';

/** Options of an {@link AttemptLog}. */
export interface AttemptLogOptions {
  readonly objects: RetrainingObjects;
  readonly model: string;
  /** The clock, in milliseconds since the epoch. */
  readonly now?: (() => number) | undefined;
}

const ATTEMPT = /^(\d{4,9})$/;
/** Other processes change an attempt seldom: a few attempts to write are enough. */
const WRITES = 20;

/**
 * Attempts to retrain a model in a store: each is a numbered log of entries that never change.
 *
 * An entry is created only if no other process has created that number, so an entry is stored completely or not at all, and of two
 * processes that do the same step one records it.
 *
 * ```text
 * retraining/churn/attempts/0004/00000003.json
 * ```
 *
 * @throws RetrainingError `ERR_RETRAINING_INVALID_OPTION` for a name of a model that can't be part of a key
 *
 * @example
 * ```ts
 * import { AttemptLog, readPolicy } from '@fairlead/retraining';
 *
 * const bodies = new Map<string, Uint8Array>();
 * const objects = {
 *   create: async (key: string, body: Uint8Array) => !bodies.has(key) && bodies.set(key, body) !== undefined,
 *   read: async (key: string) => bodies.get(key),
 *   list: async () => (bodies.size === 0 ? [] : [{ name: '0001', kind: 'folder' } as const]),
 * };
 * const log = new AttemptLog({ objects, model: 'churn' });
 * const request = { trigger: 'manual', policy: readPolicy({ training: { command: ['./train'] } }), parent: 3 } as const;
 * const lease = { driver: 'this process', until: Date.now() + 60_000 };
 * const state = await log.start(request, lease, { actor: 'ada', reason: 'new features' });
 * const ended = await log.append(state, { type: 'ended', result: 'aborted', actor: 'ada', reason: 'a typing error' });
 * console.log(state.phase, ended.phase, (await log.latest())?.entries.length); // requested ended 2
 * ```
 */
export class AttemptLog {
  readonly #objects: RetrainingObjects;
  readonly #model: string;
  readonly #now: () => number;

  constructor(options: AttemptLogOptions) {
    const {
      objects,
      model,
      now = Date.now,
    } = checkOptions('AttemptLog', options, {
      ...{ objects: 'required', model: 'required', now: 'optional' },
    });
    this.#objects = objects;
    this.#model = checkModel('AttemptLog', model);
    this.#now = now;
  }

  /**
   * Starts an attempt.
   *
   * @param after - number of the last attempt that the decision is based on, 0 without any; undefined for any
   * @throws RetrainingError `ERR_RETRAINING_CONFLICT` while another one hasn't ended, and where the last one isn't `after`
   */
  async start(
    { trigger, policy, parent }: AttemptRequest,
    { driver, until }: AttemptLease,
    { actor, reason }: RetrainingAudit,
    after?: number,
  ): Promise<AttemptState> {
    const latest = await this.latest();
    if (latest !== undefined && latest.phase !== 'ended') throw isRunning(latest);
    if (after !== undefined && latest !== undefined && latest.number !== after) {
      throw new RetrainingError(
        'ERR_RETRAINING_CONFLICT',
        `Attempt ${attemptName(latest)} was made since it was decided to retrain. Decide again.`,
      );
    }
    const place = { model: this.#model, number: (latest?.number ?? 0) + 1 };
    const entry = {
      ...({ type: 'requested', trigger, policy, parent, driver, until } as const),
      ...{ actor, reason, at: this.#now() },
    };
    if (await this.#create(this.#key(place.number, 1), entry)) {
      return firstState(place, entry);
    }
    const other = await this.latest();
    if (other !== undefined) throw isRunning(other);
    throw invalidDocument(this.#key(place.number, 1), 'it exists, and can not be read');
  }

  /** Reads the last attempt; undefined without any. */
  async latest(): Promise<AttemptState | undefined> {
    for (const number of (await this.#numbers()).toReversed()) {
      // A folder without an entry is left by a process that was killed.
      const state = await this.read(number);
      if (state !== undefined) return state;
    }
    return undefined;
  }

  /** Reads all attempts, the first one first. */
  async all(): Promise<readonly AttemptState[]> {
    const states: AttemptState[] = [];
    for (const number of await this.#numbers()) {
      const state = await this.read(number);
      if (state !== undefined) states.push(state);
    }
    return states;
  }

  /** Reads an attempt; `known` is an earlier state of it, whose entries aren't read again. */
  async read(number: number, known?: AttemptState): Promise<AttemptState | undefined> {
    let state = known;
    for (let index = (state?.entries.length ?? 0) + 1; ; index += 1) {
      const key = this.#key(number, index);
      const bytes = await this.#objects.read(key, { maxBytes: MAX_DOCUMENT_BYTES });
      if (bytes === undefined) return state;
      state = follow({ model: this.#model, number }, state, parseEntry(bytes, key), key);
    }
  }

  /**
   * Adds an entry, if nothing has changed since the state was read.
   *
   * @throws RetrainingError `ERR_RETRAINING_CONFLICT` for a change that the state doesn't permit, and where another process was faster
   */
  async append(state: AttemptState, change: AttemptRecord): Promise<AttemptState> {
    const next = await this.#tryAppend(state, change);
    if (next !== undefined) return next;
    throw new RetrainingError(
      'ERR_RETRAINING_CONFLICT',
      `Attempt ${attemptName(state)} was changed by another process. Read its state again.`,
    );
  }

  /**
   * Ends an attempt, also where a process works on it at the same time: that one notices at its next entry.
   *
   * @throws RetrainingError `ERR_RETRAINING_CONFLICT` without an attempt that runs
   */
  async abort(audit: RetrainingAudit): Promise<AttemptState> {
    for (let write = 1; ; write += 1) {
      const state = await this.latest();
      if (state === undefined) {
        throw new RetrainingError(
          'ERR_RETRAINING_CONFLICT',
          `${this.#model} was not retrained yet: there is nothing to abort.`,
        );
      }
      const change = { type: 'ended', result: 'aborted', ...audit } as const;
      const next = await this.#tryAppend(state, change);
      if (next !== undefined) return next;
      if (write === WRITES) return this.append(state, change);
    }
  }

  /** Returns undefined where another process was faster. */
  async #tryAppend(state: AttemptState, change: AttemptRecord): Promise<AttemptState | undefined> {
    const entry = { ...change, at: Math.max(this.#now(), state.entries.at(-1)?.at ?? 0) };
    const next = nextState(state, entry);
    const key = this.#key(state.number, state.entries.length + 1);
    return (await this.#create(key, entry)) ? next : undefined;
  }

  /** Stores an entry, if it can be read again: one that can't would make the whole log unreadable. */
  #create(key: string, entry: AttemptEntry): Promise<boolean> {
    const body = encodeEntry(entry);
    parseEntry(body, key);
    return this.#objects.create(key, body);
  }

  async #numbers(): Promise<readonly number[]> {
    return numbersOf(await this.#objects.list(`retraining/${this.#model}/attempts`), ATTEMPT);
  }

  #key(number: number, entry: number): string {
    const name = String(entry).padStart(8, '0');
    return `retraining/${this.#model}/attempts/${String(number).padStart(4, '0')}/${name}.json`;
  }
}

function isRunning(state: AttemptState): RetrainingError {
  return new RetrainingError(
    'ERR_RETRAINING_CONFLICT',
    `Attempt ${attemptName(state)} hasn't ended: it is at the step "${state.phase}". Continue it, or abort it.`,
  );
}

function follow(
  place: Pick<AttemptState, 'model' | 'number'>,
  state: AttemptState | undefined,
  entry: AttemptEntry,
  key: string,
): AttemptState {
  if (state === undefined) {
    if (entry.type === 'requested') return firstState(place, entry);
    throw invalidDocument(key, `the first entry is ${entry.type}`);
  }
  try {
    return nextState(state, entry);
  } catch (cause) {
    throw invalidDocument(key, cause instanceof Error ? cause.message : String(cause), cause);
  }
}
