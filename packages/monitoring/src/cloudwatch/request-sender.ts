import { PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { MetricDatum } from '@aws-sdk/client-cloudwatch';
import type { Schedule } from './clock.ts';
import { failureKind } from './failure-kind.ts';

/** Part of `CloudWatchClient` that is used. */
export interface CloudWatchSendClient {
  /** Sends one request, and rejects when it fails or is aborted. */
  send(
    command: PutMetricDataCommand,
    options?: { readonly abortSignal?: AbortSignal },
  ): Promise<unknown>;
}

interface RequestSenderOptions {
  readonly client: CloudWatchSendClient;
  readonly namespace: string;
  readonly maxAttempts: number;
  readonly requestTimeoutMs: number;
  readonly schedule: Schedule;
  readonly random: () => number;
}

/** Result of a request: `refused` permanently, or `postponed` to a later flush. */
export type SendResult =
  { readonly kind: 'sent' } | { readonly kind: 'refused' | 'postponed'; readonly error: unknown };

const firstPauseMs = 200;
const longestPauseMs = 20_000;

/** Sends one request at a time, and retries it after pauses where that may help. */
export class RequestSender {
  readonly #options: RequestSenderOptions;
  #attempts = 0;
  #retries = 0;
  #flushing = false;
  #stopped = false;
  #endPause: (() => void) | undefined;
  #abortAttempt: ((reason: Error) => void) | undefined;

  constructor(options: RequestSenderOptions) {
    this.#options = options;
  }

  /** Number of requests sent, retries included. */
  get attempts(): number {
    return this.#attempts;
  }

  get retries(): number {
    return this.#retries;
  }

  /** Returns whether {@link stop} was called. */
  get isStopped(): boolean {
    return this.#stopped;
  }

  /** Ends the current pause; from now on pauses keep the process alive, and only {@link stop} limits the attempts. */
  flushImmediately(): void {
    this.#flushing = true;
    this.#endPause?.();
  }

  /** Aborts the current request and refuses later ones. */
  stop(): void {
    this.#stopped = true;
    this.#endPause?.();
    this.#abortAttempt?.(new Error('The deadline of close() passed.'));
  }

  async send(datums: MetricDatum[]): Promise<SendResult> {
    const { maxAttempts, random } = this.#options;
    let error: unknown = new Error('The publisher was closed.');
    for (let attempt = 1; !this.#stopped; attempt += 1) {
      if (attempt > 1) this.#retries += 1;
      try {
        await this.#attempt(datums);
        return { kind: 'sent' };
      } catch (failure) {
        error = failure;
      }
      const kind = failureKind(error);
      if (kind === 'refused') return { kind, error };
      const isLast = this.isStopped || (attempt >= maxAttempts && !this.#flushing);
      if (kind === 'later' || isLast) break;
      // "Full jitter"; source: AWS Architecture Blog, "Exponential Backoff And Jitter".
      const longest = Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1));
      await this.#pause(random() * longest);
    }
    return { kind: 'postponed', error };
  }

  async #attempt(datums: MetricDatum[]): Promise<void> {
    const { client, namespace, schedule, requestTimeoutMs } = this.#options;
    const controller = new AbortController();
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const abort = (reason: Error) => {
      controller.abort(reason);
      reject(reason);
    };
    this.#abortAttempt = abort;
    const cancelTimeout = schedule(
      () => {
        abort(new Error(`No response within ${requestTimeoutMs} ms.`));
      },
      requestTimeoutMs,
      false,
    );
    this.#attempts += 1;
    try {
      const command = new PutMetricDataCommand({ Namespace: namespace, MetricData: datums });
      // Raced, so that a client that ignores the signal cannot delay close().
      await Promise.race([client.send(command, { abortSignal: controller.signal }), aborted]);
    } finally {
      this.#abortAttempt = undefined;
      cancelTimeout();
    }
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        this.#endPause = undefined;
        cancel();
        resolve();
      };
      const cancel = this.#options.schedule(end, delayMs, this.#flushing);
      this.#endPause = end;
    });
  }
}
