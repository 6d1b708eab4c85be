import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import {
  checkFunction,
  checkInteger,
  checkMethod,
  checkOptions,
  rejectOption,
} from '../check-options.ts';
import { DeliveryQueue, type NoticeCounts } from './delivery-queue.ts';
import { failureReason } from './failure-reason.ts';
import type { Notice, NoticeCondition, NoticeDestination, NoticeSubject } from './notice.ts';
import { onlyNotice, OpenConditions, type ConditionNotice } from './open-conditions.ts';
import { notifierOptionNames, type NotifierOptions } from './notifier-options.ts';
import { plainLine } from './plain-line.ts';

const MAX_NAME_LENGTH = 128;

/** Result of a notice at one destination. */
export interface NoticeResult {
  readonly destination: string;
  /** Reason of the failure; absent when the notice arrived. */
  readonly reason?: string;
}

/**
 * Sends notices about conditions: at once when a condition begins, then at most hourly with counts, and once when it is over.
 *
 * `report` and `resolve` neither throw nor wait. Each destination has a separate bounded queue with retries, so that one that is
 * unreachable delays no other one; lost notices are counted.
 *
 * @example
 * ```ts
 * import { Notifier } from '@fairlead/monitoring';
 *
 * const sent: string[] = [];
 * const list = {
 *   name: 'list',
 *   send: async ({ status, model, total }) => void sent.push(`${status} ${model} ${total}`),
 * };
 * const notifier = new Notifier({ destinations: [list], service: 'shop' });
 * const subject = { kind: 'load-failed', model: 'digits' } as const;
 * notifier.report({ ...subject, summary: 'A version of digits could not be loaded.' });
 * notifier.report({ ...subject, summary: 'A version of digits could not be loaded.' });
 * notifier.resolve(subject);
 * await notifier.close();
 * console.log(sent.join(', ')); // began digits 1, ended digits 2
 * ```
 */
export class Notifier {
  readonly #queues: readonly DeliveryQueue[];
  readonly #conditions: OpenConditions;
  readonly #service: string;
  readonly #host: string;
  readonly #now: () => number;
  readonly #timer: NodeJS.Timeout;
  #ignored = 0;
  #closed: Promise<void> | undefined;

  /** @throws `MonitoringError` with `ERR_MONITORING_INVALID_OPTION`. */
  constructor(options: NotifierOptions) {
    const {
      destinations,
      service,
      host = hostname(),
      repeatMs = 3_600_000,
      settleMs = 300_000,
      checkMs = 10_000,
      maxConditions = 256,
      maxQueued = 100,
      timeoutMs = 15_000,
      retryDelayMs = 2000,
      maxAttempts = 20,
      onError = () => undefined,
      now = Date.now,
    } = checkOptions('new Notifier', options, notifierOptionNames);
    if (!Array.isArray(destinations)) rejectOption('destinations', 'an array', destinations);
    const receivers: readonly NoticeDestination[] = destinations;
    for (const receiver of receivers) checkMethod('destinations', receiver, 'send');
    this.#service = checkName('service', service);
    this.#host = checkName('host', host);
    checkInteger('checkMs', checkMs);
    checkFunction('now', now);
    checkFunction('onError', onError);
    this.#conditions = new OpenConditions(checkInteger('maxConditions', maxConditions), {
      repeatMs: checkInteger('repeatMs', repeatMs),
      settleMs: checkInteger('settleMs', settleMs, 0),
    });
    const delivery = {
      maxQueued: checkInteger('maxQueued', maxQueued),
      timeoutMs: checkInteger('timeoutMs', timeoutMs),
      retryDelayMs: checkInteger('retryDelayMs', retryDelayMs),
      maxAttempts: checkInteger('maxAttempts', maxAttempts),
      onError,
    };
    this.#queues = receivers.map((receiver) => new DeliveryQueue(receiver, delivery));
    this.#now = now;
    this.#timer = setInterval(() => {
      this.check();
    }, checkMs).unref();
  }

  /** Number of reports without a notice, because too many conditions were open. */
  get ignored(): number {
    return this.#ignored;
  }

  /** Counts of each destination. */
  get counts(): readonly NoticeCounts[] {
    return this.#queues.map(({ counts }) => counts);
  }

  /**
   * Reports that a condition holds, or happened again.
   *
   * @param count - how often, once by default
   */
  report(condition: NoticeCondition, count = 1): void {
    const notice = this.#conditions.report(condition, this.#now(), count);
    if (notice === 'too-many') this.#ignored += count;
    else if (notice !== undefined) this.#add(notice);
  }

  /**
   * Reports that a condition is over; without an open one it does nothing.
   *
   * @param subject - with a `summary` to be sent in place of that of the last report
   */
  resolve(subject: NoticeSubject & Partial<Pick<NoticeCondition, 'summary'>>): void {
    this.#conditions.resolve(subject, this.#now());
  }

  /**
   * Reports that a condition is over that any process of a fleet may have reported: without an open one in this process, the
   * notice `ended` is sent at once, with the summary and details of `condition`. Only one process may call it for an end; the others call {@link forget}.
   */
  resolveShared(condition: NoticeCondition): void {
    const notice = this.#conditions.resolveShared(condition, this.#now());
    if (notice !== undefined) this.#add(notice);
  }

  /** Drops an open condition without a notice, since another process reports its end; a resolved one still gets its notice. */
  forget(subject: NoticeSubject): void {
    this.#conditions.forget(subject);
  }

  /** Sends the notices that became due by time; a timer calls it. */
  check(): void {
    for (const notice of this.#conditions.due(this.#now())) this.#add(notice);
  }

  /** Sends one test notice to each destination, without retries, and resolves to the results. */
  async test(): Promise<readonly NoticeResult[]> {
    const nowMs = this.#now();
    return this.#sendOnce({
      ...{ status: 'test', kind: 'test', key: 'test', severity: 'warning' },
      summary: 'Test notice: this destination receives the notices of the service.',
      details: {},
      ...{ count: 1, total: 1, firstSeenMs: nowMs, lastSeenMs: nowMs },
    });
  }

  /**
   * Sends one notice to each destination, without retries, and resolves to the results: for a process that doesn't stay, such as a
   * report on a timer. The condition is not stored.
   *
   * @param status - `began` by default
   */
  async send(
    condition: NoticeCondition,
    status: 'began' | 'ended' = 'began',
  ): Promise<readonly NoticeResult[]> {
    return this.#sendOnce(onlyNotice(condition, status, this.#now()));
  }

  /**
   * Sends what waits, with one more attempt for each notice; what is left after `deadlineMs` is lost, and counted.
   *
   * @param options - `deadlineMs` is 3000 by default
   */
  async close(options: { readonly deadlineMs?: number } = {}): Promise<void> {
    const { deadlineMs = 3000 } = checkOptions('close', options, { deadlineMs: 'optional' });
    this.#closed ??= this.#close(checkInteger('deadlineMs', deadlineMs));
    await this.#closed;
  }

  async #close(deadlineMs: number): Promise<void> {
    clearInterval(this.#timer);
    for (const notice of this.#conditions.dueAtEnd(this.#now())) this.#add(notice);
    const deadline = new AbortController();
    const timer = setTimeout(() => {
      deadline.abort();
    }, deadlineMs);
    await Promise.all(this.#queues.map((queue) => queue.close(deadline.signal)));
    clearTimeout(timer);
    await Promise.allSettled(this.#queues.map(async ({ destination }) => destination.close?.()));
  }

  #sendOnce(
    notice: Omit<Notice, 'id' | 'service' | 'host' | 'atMs'>,
  ): Promise<readonly NoticeResult[]> {
    const complete = this.#complete(notice);
    return Promise.all(
      this.#queues.map(async (queue) => {
        const destination = queue.destination.name;
        try {
          await queue.attempt(complete);
          return { destination };
        } catch (error) {
          return { destination, reason: failureReason(error) };
        }
      }),
    );
  }

  #add(notice: ConditionNotice): void {
    const complete = this.#complete(notice);
    for (const queue of this.#queues) queue.add(complete);
  }

  #complete(notice: Omit<Notice, 'id' | 'service' | 'host' | 'atMs'>): Notice {
    const { status, kind, key, severity, summary, model, details } = notice;
    const { count, total, firstSeenMs, lastSeenMs } = notice;
    return {
      id: `notice_${randomUUID()}`,
      ...{ status, kind, key, severity, summary },
      ...(model !== undefined && { model }),
      ...{ details, service: this.#service, host: this.#host },
      ...{ count, total, firstSeenMs, lastSeenMs, atMs: this.#now() },
    };
  }
}

function checkName(option: string, value: unknown): string {
  if (typeof value !== 'string' || value.trim() === '') rejectOption(option, 'a name', value);
  return plainLine(value, MAX_NAME_LENGTH);
}
