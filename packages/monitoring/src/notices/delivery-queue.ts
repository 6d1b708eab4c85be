import { setTimeout as sleep } from 'node:timers/promises';
import { MonitoringError } from '../monitoring-error.ts';
import { failureReason } from './failure-reason.ts';
import type { Notice, NoticeDestination } from './notice.ts';

/** Lost notices of a destination, by cause. */
export interface LostNotices {
  /** More notices waited than fit. */
  readonly queueFull: number;
  /** The destination refused the notice. */
  readonly rejected: number;
  /** Every attempt failed. */
  readonly abandoned: number;
  /** Not sent before the end of the process. */
  readonly closed: number;
}

/** Counts of a destination. */
export interface NoticeCounts {
  readonly destination: string;
  /** Notices that wait or are being sent. */
  readonly waiting: number;
  readonly sent: number;
  /** Failed attempts that were followed, or will be, by another one. */
  readonly retried: number;
  readonly lost: LostNotices;
}

/** Options of a {@link DeliveryQueue}. */
interface DeliveryOptions {
  readonly maxQueued: number;
  readonly timeoutMs: number;
  readonly retryDelayMs: number;
  readonly maxAttempts: number;
  readonly onError: (error: MonitoringError) => void;
}

const MAX_DELAY_MS = 300_000;

/** Sends notices to one destination, in order, so that no destination waits for another one. */
export class DeliveryQueue {
  readonly destination: NoticeDestination;
  readonly #options: DeliveryOptions;
  readonly #waiting: Notice[] = [];
  readonly #lost = { queueFull: 0, rejected: 0, abandoned: 0, closed: 0 };
  readonly #closing = new AbortController();
  readonly #expired = new AbortController();
  #sending: Promise<void> | undefined;
  #current: Notice | undefined;
  #sent = 0;
  #retried = 0;
  #isAvailable = true;

  constructor(destination: NoticeDestination, options: DeliveryOptions) {
    this.destination = destination;
    this.#options = options;
  }

  get counts(): NoticeCounts {
    return {
      destination: this.destination.name,
      waiting: this.#waiting.length + (this.#current === undefined ? 0 : 1),
      sent: this.#sent,
      retried: this.#retried,
      lost: { ...this.#lost },
    };
  }

  /** Adds a notice; the oldest one that waits is lost when there are too many. */
  add(notice: Notice): void {
    if (this.#closing.signal.aborted) {
      this.#lose(notice, 'closed', 'the notifier is closed');
      return;
    }
    if (this.#waiting.length >= this.#options.maxQueued) {
      const oldest = this.#waiting.shift();
      if (oldest !== undefined) this.#lose(oldest, 'queueFull', 'too many notices wait');
    }
    this.#waiting.push(notice);
    this.#sending ??= this.#sendAll();
  }

  /** Tries once more to send what waits; at `deadline` the rest is lost. */
  async close(deadline: AbortSignal): Promise<void> {
    if (deadline.aborted) this.#expired.abort();
    deadline.addEventListener('abort', () => {
      this.#expired.abort();
    });
    this.#closing.abort();
    await this.#sending;
  }

  /** Sends a notice once, outside the queue. */
  async attempt(notice: Notice): Promise<void> {
    const { timeoutMs } = this.#options;
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = AbortSignal.any([timeout, this.#expired.signal]);
    let stop: (() => void) | undefined;
    // A destination may ignore the signal.
    const stopped = new Promise<never>((_, reject) => {
      stop = () => {
        const message = timeout.aborted ? `no response within ${timeoutMs} ms` : 'stopped';
        reject(new MonitoringError('ERR_MONITORING_NOTICE_UNAVAILABLE', message));
      };
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop, { once: true });
    });
    try {
      await Promise.race([(async () => this.destination.send(notice, signal))(), stopped]);
    } finally {
      if (stop !== undefined) signal.removeEventListener('abort', stop);
    }
  }

  async #sendAll(): Promise<void> {
    // Reporting a condition doesn't wait even for the first step of a delivery.
    await Promise.resolve();
    for (;;) {
      this.#current = this.#waiting.shift();
      if (this.#current === undefined) break;
      await this.#send(this.#current);
    }
    this.#sending = undefined;
  }

  async #send(notice: Notice): Promise<void> {
    const { maxAttempts, retryDelayMs } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      if (this.#expired.signal.aborted) {
        this.#lose(notice, 'closed', 'the process ends');
        return;
      }
      const isLast = this.#closing.signal.aborted;
      try {
        await this.attempt(notice);
        this.#sent += 1;
        this.#isAvailable = true;
        return;
      } catch (error) {
        const reason = failureReason(error);
        if (isRejected(error)) this.#lose(notice, 'rejected', reason);
        else if (isLast) this.#lose(notice, 'closed', reason);
        else if (attempt >= maxAttempts) this.#lose(notice, 'abandoned', reason);
        else {
          this.#retry(reason);
          const delayMs = Math.min(retryDelayMs * 4 ** (attempt - 1), MAX_DELAY_MS);
          const { signal } = this.#closing;
          await sleep(delayMs, undefined, { ref: false, signal }).catch(() => undefined);
          continue;
        }
        return;
      }
    }
  }

  /** Counts a retry; the first one of an outage is reported. */
  #retry(reason: string): void {
    this.#retried += 1;
    if (!this.#isAvailable) return;
    this.#isAvailable = false;
    const message = `notices can't be sent to ${this.destination.name}, and are retried: ${reason}`;
    this.#options.onError(new MonitoringError('ERR_MONITORING_NOTICE_UNAVAILABLE', message));
  }

  #lose({ key, status }: Notice, cause: keyof LostNotices, reason: string): void {
    this.#lost[cause] += 1;
    const message = `the notice "${key} ${status}" to ${this.destination.name} is lost: ${reason}`;
    this.#options.onError(new MonitoringError('ERR_MONITORING_NOTICE_LOST', message));
  }
}

function isRejected(error: unknown): boolean {
  return error instanceof MonitoringError && error.code === 'ERR_MONITORING_NOTICE_REJECTED';
}
