import type { NoticeCondition, NoticeSubject } from '@fairlead/monitoring';
import type { NoticeChange } from '../process-group/notice-change.ts';
import { conditionKey } from './condition-key.ts';

/** Reports of this time about one condition are forwarded as one, so that many failed requests are few messages. */
const FORWARD_MS = 200;

/** Conditions that one of several processes reports, for the process that sends the notices of all. */
export class ForwardedNotices {
  readonly #forward: (changes: readonly NoticeChange[]) => Promise<unknown>;
  #waiting: NoticeChange[] = [];
  /** Positions of the last reports of conditions in `#waiting`. */
  readonly #reports = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  /** @param forward - delivers changes; those that can't be delivered are lost, as the process that sends notices has ended */
  constructor(forward: (changes: readonly NoticeChange[]) => Promise<unknown>) {
    this.#forward = forward;
  }

  report(condition: NoticeCondition): void {
    const key = conditionKey(condition);
    const position = this.#reports.get(key) ?? this.#waiting.length;
    const before = this.#waiting[position];
    const count = before?.type === 'report' ? before.count + 1 : 1;
    this.#waiting[position] = { type: 'report', condition, count };
    this.#reports.set(key, position);
    this.#timer ??= setTimeout(() => void this.#flush(), FORWARD_MS).unref();
  }

  resolve(subject: NoticeSubject & Partial<Pick<NoticeCondition, 'summary'>>): void {
    this.#add(subject, { type: 'resolve', subject });
  }

  resolveShared(condition: NoticeCondition): void {
    this.#add(condition, { type: 'resolveShared', condition });
  }

  forget(subject: NoticeSubject): void {
    this.#add(subject, { type: 'forget', subject });
  }

  /** Forwards what waits. */
  async close(): Promise<void> {
    await this.#flush();
  }

  #add(subject: NoticeSubject, change: NoticeChange): void {
    // A later report belongs behind this change.
    this.#reports.delete(conditionKey(subject));
    this.#waiting.push(change);
    this.#timer ??= setTimeout(() => void this.#flush(), FORWARD_MS).unref();
  }

  async #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const changes = this.#waiting;
    this.#waiting = [];
    this.#reports.clear();
    if (changes.length > 0) await this.#forward(changes).catch(() => undefined);
  }
}
