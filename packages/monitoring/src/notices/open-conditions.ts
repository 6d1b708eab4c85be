import { INVALID, safeModel } from '../error-groups/safe-text.ts';
import type { NoticeCondition, NoticeStatus, NoticeSubject } from './notice.ts';
import { plainDetails, plainLine } from './plain-line.ts';

const MAX_SUMMARY_LENGTH = 300;
const name = /^[\w.:-]{1,128}$/;

/** A change that is sent, without the fields of its delivery. */
export interface ConditionNotice {
  readonly status: NoticeStatus;
  readonly kind: NoticeSubject['kind'];
  readonly key: string;
  readonly severity: 'error' | 'warning';
  readonly summary: string;
  readonly model?: string;
  readonly details: Readonly<Record<string, string | number>>;
  readonly count: number;
  readonly total: number;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
}

interface OpenCondition {
  latest: NoticeCondition;
  count: number;
  total: number;
  readonly firstSeenMs: number;
  lastSeenMs: number;
  sentMs: number;
  resolvedMs: number | undefined;
}

/** Times of {@link OpenConditions}, in milliseconds. */
interface ConditionTimes {
  readonly repeatMs: number;
  readonly settleMs: number;
}

/** Open conditions, and the decision when a notice about them is due. */
export class OpenConditions {
  readonly #open = new Map<string, OpenCondition>();
  readonly #max: number;
  readonly #times: ConditionTimes;

  constructor(max: number, times: ConditionTimes) {
    this.#max = max;
    this.#times = times;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Counts reports. Returns the notice that is due now, `'too-many'` when there is no room, or undefined. */
  report(
    condition: NoticeCondition,
    nowMs: number,
    count: number,
  ): ConditionNotice | 'too-many' | undefined {
    const key = conditionKey(condition);
    const open = this.#open.get(key);
    if (open === undefined) {
      if (this.#open.size >= this.#max) return 'too-many';
      const first = {
        latest: condition,
        ...{ count, total: count, firstSeenMs: nowMs, lastSeenMs: nowMs, sentMs: nowMs },
        resolvedMs: undefined,
      };
      this.#open.set(key, first);
      return take(key, first, 'began', nowMs);
    }
    open.latest = condition;
    open.count += count;
    open.total += count;
    open.lastSeenMs = nowMs;
    open.resolvedMs = undefined;
    return this.#repeat(key, open, nowMs);
  }

  /** Notes that a condition is over; its notice is due when it has not returned for the settling time. */
  resolve(subject: NoticeSubject & Partial<Pick<NoticeCondition, 'summary'>>, nowMs: number): void {
    const open = this.#open.get(conditionKey(subject));
    if (open === undefined) return;
    open.resolvedMs ??= nowMs;
    if (subject.summary !== undefined) open.latest = { ...open.latest, summary: subject.summary };
  }

  /**
   * Notes that a condition is over that another process may have reported. Returns the notice that is due now, when there is no
   * open one here.
   */
  resolveShared(condition: NoticeCondition, nowMs: number): ConditionNotice | undefined {
    const key = conditionKey(condition);
    if (this.#open.has(key)) {
      this.resolve(condition, nowMs);
      return undefined;
    }
    const times = { firstSeenMs: nowMs, lastSeenMs: nowMs, sentMs: nowMs, resolvedMs: nowMs };
    return take(key, { latest: condition, count: 0, total: 0, ...times }, 'ended', nowMs);
  }

  /** Drops an open condition without a notice, unless its own is due. */
  forget(subject: NoticeSubject): void {
    const key = conditionKey(subject);
    if (this.#open.get(key)?.resolvedMs === undefined) this.#open.delete(key);
  }

  /** Returns the notices that became due by time. */
  due(nowMs: number): readonly ConditionNotice[] {
    return this.#collect(nowMs, this.#times.settleMs);
  }

  /** Returns the notices that are due when no report can follow: resolved conditions don't have to settle. */
  dueAtEnd(nowMs: number): readonly ConditionNotice[] {
    return this.#collect(nowMs, 0);
  }

  #collect(nowMs: number, settleMs: number): readonly ConditionNotice[] {
    const notices: ConditionNotice[] = [];
    for (const [key, open] of this.#open) {
      const { resolvedMs = Infinity, lastSeenMs } = open;
      const isQuiet = nowMs - lastSeenMs >= (open.latest.endsAfterMs ?? Infinity);
      if (isQuiet || nowMs - resolvedMs >= settleMs) {
        this.#open.delete(key);
        notices.push(take(key, open, 'ended', nowMs));
        continue;
      }
      const repeated = this.#repeat(key, open, nowMs);
      if (repeated !== undefined) notices.push(repeated);
    }
    return notices;
  }

  #repeat(key: string, open: OpenCondition, nowMs: number): ConditionNotice | undefined {
    const isDue = open.count > 0 && nowMs - open.sentMs >= this.#times.repeatMs;
    return isDue ? take(key, open, 'continues', nowMs) : undefined;
  }
}

/** The notice about a condition that is reported once. */
export function onlyNotice(
  condition: NoticeCondition,
  status: NoticeStatus,
  nowMs: number,
): ConditionNotice {
  const times = { firstSeenMs: nowMs, lastSeenMs: nowMs, sentMs: nowMs, resolvedMs: undefined };
  return take(
    conditionKey(condition),
    { latest: condition, count: 1, total: 1, ...times },
    status,
    nowMs,
  );
}

/** Identity of a condition, from parts in a form that is safe in each destination. */
function conditionKey({ kind, ...subject }: NoticeSubject): string {
  const part = subject.name === undefined || name.test(subject.name) ? subject.name : INVALID;
  return [kind, safeModel(subject.model) ?? '', part ?? ''].join('/').replace(/\/+$/, '');
}

/** Makes the notice, and starts to count for the next one. */
function take(
  key: string,
  open: OpenCondition,
  status: NoticeStatus,
  nowMs: number,
): ConditionNotice {
  const { kind, severity = 'error', summary, details } = open.latest;
  const model = safeModel(open.latest.model);
  const { count, total, firstSeenMs, lastSeenMs } = open;
  open.count = 0;
  open.sentMs = nowMs;
  return {
    ...{ status, kind, key, severity },
    summary: plainLine(summary, MAX_SUMMARY_LENGTH),
    ...(model !== undefined && { model }),
    details: plainDetails(details),
    ...{ count, total, firstSeenMs, lastSeenMs },
  };
}
