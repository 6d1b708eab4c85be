import { checkFunction, checkInteger, checkOptions } from '../check-options.ts';
import type { OptionNames } from '../options-problem.ts';
import { safeCode, safeModel, safePlace, safeRequestId, safeVersion } from './safe-text.ts';

/** One error. It has neither a message nor a stack: both name values of requests. */
export interface ErrorOccurrence {
  /** Stable code, such as `ECONNREFUSED` or `ECONNRESET`. */
  readonly code?: string | undefined;
  /** Step that failed, in lower case, such as `inference` or `load`. */
  readonly place: string;
  /** Model of the request; absent for an error of the service itself. */
  readonly model?: string | undefined;
  /** Version of the model. */
  readonly version?: string | number | undefined;
  /** Id of the request, for a search in the log. */
  readonly requestId?: string | undefined;
}

/** The last error of a group. */
export interface ErrorExample {
  /** Time, in milliseconds since the epoch. */
  readonly atMs: number;
  /** Version of the model. */
  readonly version?: string;
  /** Id of the request, for a search in the log. */
  readonly requestId?: string;
}

/** Errors with the same code, model and place. */
export interface ErrorGroup {
  /** Stable code; `(invalid)` for an error without one. */
  readonly code: string;
  /** Model; absent for errors of the service itself. */
  readonly model?: string;
  /** Step that failed. */
  readonly place: string;
  /** Number of errors. */
  readonly count: number;
  /** Time of the first one, in milliseconds since the epoch. */
  readonly firstSeenMs: number;
  /** Time of the last one, in milliseconds since the epoch. */
  readonly lastSeenMs: number;
  /** The last error with a request id; the last one where none has an id. */
  readonly example: ErrorExample;
}

/** Options of {@link ErrorGroups}. */
export interface ErrorGroupsOptions {
  /**
   * Maximum number of groups, about 1 KiB each. When it is reached, a new group replaces one without an error for `retentionMs`;
   * without such a group the error is counted in `ungrouped`.
   *
   * @defaultValue 256
   */
  readonly maxGroups?: number;
  /**
   * Time without an error after which a group may be replaced, in milliseconds.
   *
   * @defaultValue 86_400_000, a day
   */
  readonly retentionMs?: number;
  /**
   * Clock, in milliseconds since the epoch.
   *
   * @defaultValue `Date.now`
   */
  readonly now?: () => number;
}

const optionNames: OptionNames<ErrorGroupsOptions> = {
  maxGroups: 'optional',
  retentionMs: 'optional',
  now: 'optional',
};

/** A group that is counted in place. */
type CountedGroup = { -readonly [K in keyof ErrorGroup]: ErrorGroup[K] };

/**
 * Groups errors by code, model and place: how many, since when, until when, and the request id of an example.
 *
 * Nothing else of an error is stored, so that no value of a request is. A code, model or place of another form, which may have
 * come from a client, is stored as `(invalid)`. Recording an error never throws and takes constant time.
 *
 * @example
 * ```ts
 * import { ErrorGroups } from '@fairlead/monitoring';
 *
 * const errors = new ErrorGroups();
 * const failure = { code: 'ECONNREFUSED', model: 'digits', place: 'inference' };
 * errors.record({ ...failure, requestId: 'a1' });
 * errors.record({ ...failure, requestId: 'b2' });
 * const [group] = errors.list();
 * console.log(group?.count, group?.example.requestId); // 2 b2
 * ```
 */
export class ErrorGroups {
  readonly #groups = new Map<string, CountedGroup>();
  readonly #maxGroups: number;
  readonly #retentionMs: number;
  readonly #now: () => number;
  #ungrouped = 0;
  /** Time before which no group can be replaced, so that many new names don't cost a search each. */
  #nextSearchMs = 0;

  /** @throws `MonitoringError` with `ERR_MONITORING_INVALID_OPTION`. */
  constructor(options: ErrorGroupsOptions = {}) {
    const {
      maxGroups = 256,
      retentionMs = 86_400_000,
      now = Date.now,
    } = checkOptions('new ErrorGroups', options, optionNames);
    this.#maxGroups = checkInteger('maxGroups', maxGroups);
    this.#retentionMs = checkInteger('retentionMs', retentionMs);
    checkFunction('now', now);
    this.#now = now;
  }

  /** Number of errors without a group, because there were too many groups. */
  get ungrouped(): number {
    return this.#ungrouped;
  }

  /** Counts an error; returns its group, or undefined when there are too many groups. */
  record(occurrence: ErrorOccurrence): ErrorGroup | undefined {
    const code = safeCode(occurrence.code);
    const model = safeModel(occurrence.model);
    const place = safePlace(occurrence.place);
    const atMs = this.#now();
    // None of the parts contains a line break.
    const key = `${code}\n${model ?? ''}\n${place}`;
    let group = this.#groups.get(key);
    if (group === undefined) {
      if (!this.#hasRoom(atMs)) {
        this.#ungrouped += 1;
        return undefined;
      }
      group = {
        code,
        ...(model !== undefined && { model }),
        place,
        count: 0,
        firstSeenMs: atMs,
        lastSeenMs: atMs,
        example: { atMs },
      };
      this.#groups.set(key, group);
    }
    group.count += 1;
    group.lastSeenMs = Math.max(group.lastSeenMs, atMs);
    const requestId = safeRequestId(occurrence.requestId);
    if (requestId !== undefined || group.example.requestId === undefined) {
      const version = safeVersion(occurrence.version);
      group.example = {
        atMs,
        ...(version !== undefined && { version }),
        ...(requestId !== undefined && { requestId }),
      };
    }
    return group;
  }

  /** Returns copies of the groups, the one with the latest error first. */
  list(): readonly ErrorGroup[] {
    return [...this.#groups.values()]
      .map((group) => ({ ...group }))
      .sort((a, b) => b.lastSeenMs - a.lastSeenMs);
  }

  #hasRoom(nowMs: number): boolean {
    if (this.#groups.size < this.#maxGroups) return true;
    if (nowMs < this.#nextSearchMs) return false;
    let oldest: string | undefined;
    let oldestMs = Infinity;
    for (const [key, { lastSeenMs }] of this.#groups) {
      if (lastSeenMs >= oldestMs) continue;
      oldest = key;
      oldestMs = lastSeenMs;
    }
    if (oldest === undefined || nowMs - oldestMs < this.#retentionMs) {
      this.#nextSearchMs = oldestMs + this.#retentionMs;
      return false;
    }
    this.#groups.delete(oldest);
    return true;
  }
}
