import { setTimeout as sleep } from 'node:timers/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import { isPassing, s3Error } from './s3-error.ts';
import type { S3Location } from './s3-location.ts';

/** The part of an `S3Client` that is used. */
export type S3Sender = Pick<S3Client, 'send'>;

/** Options of {@link S3Requests}. */
export interface RequestOptions {
  readonly client: S3Sender;
  readonly location: S3Location;
  readonly retryBudgetMs: number;
  readonly timeoutMs: number;
}

/** Options of an attempt, for the client. */
export interface Attempt {
  readonly abortSignal: AbortSignal;
}

const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 2000;
/** Minimum speed of a connection, which decides the timeout of large bodies. */
const MIN_BYTES_PER_MS = 50;

/** Sends requests to one bucket, and retries each after a temporary error. */
export class S3Requests {
  readonly client: S3Sender;
  readonly location: S3Location;
  readonly #retryBudgetMs: number;
  readonly #timeoutMs: number;

  constructor({ client, location, retryBudgetMs, timeoutMs }: RequestOptions) {
    this.client = client;
    this.location = location;
    this.#retryBudgetMs = retryBudgetMs;
    this.#timeoutMs = timeoutMs;
  }

  /** Returns the key in the bucket for a key of the registry; `''` is the root, and a folder ends in `/`. */
  keyOf(key: string): string {
    const { prefix } = this.location;
    return prefix === '' ? key : `${prefix}/${key}`;
  }

  /** Returns the URL of `key` for messages. */
  nameOf(key: string): string {
    return `s3://${this.location.bucket}/${this.keyOf(key)}`;
  }

  /** Timeout of a silent connection, in milliseconds. */
  get timeoutMs(): number {
    return this.#timeoutMs;
  }

  /** Counts attempts and returns the pause before the next one, in milliseconds: `undefined` when the retry budget is used up. */
  retryDelays(): () => number | undefined {
    const until = performance.now() + this.#retryBudgetMs;
    let limitMs = FIRST_PAUSE_MS;
    return () => {
      // Full jitter: clients that were throttled together don't retry together
      // (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
      const pauseMs = Math.random() * limitMs;
      limitMs = Math.min(limitMs * 2, MAX_PAUSE_MS);
      return performance.now() + pauseMs > until ? undefined : pauseMs;
    };
  }

  /**
   * Runs `attempt` until it succeeds or fails permanently; `bytes` is the length of its body.
   *
   * @throws RegistryError `ERR_REGISTRY_STORE_…` that names `key`.
   */
  async run<T>(
    operation: string,
    key: string,
    attempt: (options: Attempt) => Promise<T>,
    bytes = 0,
  ): Promise<T> {
    const nextPause = this.retryDelays();
    for (;;) {
      try {
        return await this.#attempt(attempt, bytes);
      } catch (error) {
        const pauseMs = isPassing(error) ? nextPause() : undefined;
        if (pauseMs === undefined) throw s3Error(operation, this.nameOf(key), error);
        await sleep(pauseMs);
      }
    }
  }

  async #attempt<T>(attempt: (options: Attempt) => Promise<T>, bytes: number): Promise<T> {
    const controller = new AbortController();
    const timer = setTimeout(
      () => {
        controller.abort();
      },
      this.#timeoutMs + bytes / MIN_BYTES_PER_MS,
    );
    try {
      return await attempt({ abortSignal: controller.signal });
    } finally {
      clearTimeout(timer);
    }
  }
}
