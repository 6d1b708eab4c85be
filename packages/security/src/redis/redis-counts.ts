import { createHash } from 'node:crypto';
import { checkInteger, checkMethod, checkOptions, rejectOption } from '../check-options.ts';
import {
  MAX_SHARE_OF_REST,
  type SharedCounts,
  type Taken,
  type TakeRequest,
} from '../limits/shared-counts.ts';
import type { OptionNames } from '../options-problem.ts';
import { OwedCounts } from './owed-counts.ts';
import { TAKE_SCRIPT } from './take-script.ts';

/** The part of a client of the npm package `redis` that {@link RedisCounts} uses; `createClient(…)` returns one. */
export interface RedisCountsClient {
  /** True if commands can be sent. */
  readonly isReady: boolean;
  /** Sends one command. */
  sendCommand(args: readonly string[]): Promise<unknown>;
  /** Registers a listener of broken connections. Without one, Node ends the process. */
  on(event: 'error', listener: (error: unknown) => void): unknown;
}

/** Options of {@link RedisCounts}. */
export interface RedisCountsOptions {
  /** A client of the npm package `redis`. Connect it and close it yourself; it needn't be connected yet. */
  readonly client: RedisCountsClient;
  /**
   * Counts while Redis is unavailable, such as those of this host; what they counted is added to Redis when it is available again.
   * @defaultValue none: {@link RedisCounts.take} rejects
   */
  readonly fallback?: SharedCounts;
  /**
   * Maximum wait for a response of Redis, in milliseconds.
   * @defaultValue 100
   */
  readonly timeoutMs?: number;
  /**
   * Interval at which an unavailable Redis is tried again, in milliseconds; no request waits for it until then.
   * @defaultValue 1000
   */
  readonly retryMs?: number;
  /**
   * Prefix of the keys in Redis. Services with the same prefix share their counts.
   * @defaultValue "fairlead:limits:"
   */
  readonly keyPrefix?: string;
  /**
   * Called when Redis is a replica that refuses writes, as the primary of before is after a failover: connects the client again.
   * @defaultValue none: the connection stays
   */
  readonly reconnect?: () => void;
  /** Called once when Redis becomes unavailable. */
  readonly onError?: (error: unknown) => void;
  /** Called when it is available again. */
  readonly onRecovery?: () => void;
}

const optionNames: OptionNames<RedisCountsOptions> = {
  client: 'required',
  fallback: 'optional',
  timeoutMs: 'optional',
  retryMs: 'optional',
  reconnect: 'optional',
  keyPrefix: 'optional',
  onError: 'optional',
  onRecovery: 'optional',
};

const SCRIPT_SHA1 = createHash('sha1').update(TAKE_SCRIPT).digest('hex');
/** Longer names of clients are hashed, so that no client decides on the memory of Redis. */
const MAX_NAME_LENGTH = 100;

/**
 * Counts of clients in Redis or Valkey, which several hosts share.
 *
 * After a failure or a timeout, Redis isn't called by requests until it has answered a test call, so that an unavailable Redis costs one
 * request the timeout, and the others nothing. Redis needs `maxmemory-policy noeviction` or a `volatile-…` policy that spares these
 * keys: an evicted count starts again from 0.
 *
 * @example
 * ```ts
 * import { LeasedCounts } from '@fairlead/security';
 * import { RedisCounts } from '@fairlead/security/redis';
 * import { createClient } from 'redis';
 *
 * const url = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';
 * const client = createClient({ url, disableOfflineQueue: true });
 * const counts = new RedisCounts({ client, timeoutMs: 2000 });
 * await client.connect();
 * const requests = new LeasedCounts({ limiter: 'requests', counts, period: 'month' });
 * console.log((await requests.use('client:acme', 100)).remaining); // 99
 * counts.close();
 * client.destroy();
 * ```
 */
export class RedisCounts implements SharedCounts {
  readonly #client: RedisCountsClient;
  readonly #fallback: SharedCounts | undefined;
  readonly #timeoutMs: number;
  readonly #retryMs: number;
  readonly #keyPrefix: string;
  readonly #reconnect: () => void;
  readonly #onError: (error: unknown) => void;
  readonly #onRecovery: () => void;
  readonly #owed = new OwedCounts();
  #retry: NodeJS.Timeout | undefined;
  #unavailable: Error | undefined;
  #closed = false;

  /** @throws SecurityError `ERR_SECURITY_INVALID_OPTION` naming the option and its value. */
  constructor(options: RedisCountsOptions) {
    const {
      client,
      fallback,
      timeoutMs = 100,
      retryMs = 1000,
      keyPrefix = 'fairlead:limits:',
      reconnect = () => undefined,
      onError = () => undefined,
      onRecovery = () => undefined,
    } = checkOptions('new RedisCounts', options, optionNames);
    checkMethod('client', client, 'sendCommand');
    if (fallback !== undefined) checkMethod('fallback', fallback, 'take');
    checkInteger('timeoutMs', timeoutMs, 1, 60_000);
    checkInteger('retryMs', retryMs, 1, 3_600_000);
    if (typeof keyPrefix !== 'string' || !/^[\w:.-]{1,64}$/.test(keyPrefix)) {
      rejectOption('keyPrefix', '1 to 64 letters, digits and : . _ -', keyPrefix);
    }
    this.#client = client;
    this.#fallback = fallback;
    this.#timeoutMs = timeoutMs;
    this.#retryMs = retryMs;
    this.#keyPrefix = keyPrefix;
    this.#reconnect = reconnect;
    this.#onError = onError;
    this.#onRecovery = onRecovery;
    client.on('error', (error) => {
      this.#failed(error);
    });
  }

  /** True while Redis answers; false after a failure until it has answered a test call. */
  get isAvailable(): boolean {
    return this.#unavailable === undefined;
  }

  /**
   * Takes a part of a client's limit for one process; while Redis is unavailable, from the fallback.
   *
   * @throws Error without a fallback, while Redis is unavailable.
   */
  async take(request: TakeRequest): Promise<Taken> {
    if (this.#unavailable !== undefined) return this.#takeElsewhere(request, this.#unavailable);
    try {
      return await this.#takeFromRedis(request);
    } catch (error) {
      this.#failed(error);
      return this.#takeElsewhere(request, error);
    }
  }

  /** Ends the tests of an unavailable Redis; the client stays as it is. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
  }

  async #takeElsewhere(request: TakeRequest, cause: unknown): Promise<Taken> {
    if (this.#fallback === undefined) {
      throw new Error('Redis, which counts the requests, is unavailable.', { cause });
    }
    const taken = await this.#fallback.take(request);
    this.#owed.add(this.#keyOf(request), taken);
    return taken;
  }

  async #takeFromRedis(request: TakeRequest): Promise<Taken> {
    const { period, limit, need, wanted } = request;
    const key = this.#keyOf(request);
    const owed = this.#owed.takeOut(key);
    const numbers = [limit, need, wanted, owed?.amount ?? 0, MAX_SHARE_OF_REST].map(String);
    try {
      return toTaken(await this.#run(key, String(period), numbers));
    } catch (error) {
      this.#owed.giveBack(key, owed);
      throw error;
    }
  }

  /** Runs the script by its hash, and sends its text where Redis doesn't know it, as after a restart. */
  async #run(key: string, period: string, numbers: readonly string[]): Promise<unknown> {
    const args = ['1', key, period, ...numbers];
    try {
      return await this.#send(['EVALSHA', SCRIPT_SHA1, ...args]);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return this.#send(['EVAL', TAKE_SCRIPT, ...args]);
    }
  }

  async #send(command: readonly string[]): Promise<unknown> {
    // Without a connection the command would wait in the client's queue, and be executed later.
    if (!this.#client.isReady) throw new Error('There is no connection to Redis.');
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      reject(new Error(`Redis did not answer within ${this.#timeoutMs} ms.`));
    }, this.#timeoutMs);
    const answer = this.#client.sendCommand(command);
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
      // It may fail after the timeout.
      answer.catch(() => undefined);
    }
  }

  #failed(error: unknown): void {
    if (this.#unavailable !== undefined || this.#closed) return;
    this.#unavailable = error instanceof Error ? error : new Error(String(error));
    this.#retryLater();
    this.#onError(error);
  }

  #retryLater(): void {
    if (this.#closed) return;
    this.#retry = setTimeout(() => void this.#test(), this.#retryMs).unref();
  }

  /** Takes nothing, by the script, so that a Redis that refuses scripts or writes isn't taken for one that answers. */
  async #test(): Promise<void> {
    try {
      const key = `${this.#keyPrefix}{test}`;
      toTaken(await this.#run(key, '1000', ['1', '1', '1', '0', '1']));
    } catch (error) {
      if (error instanceof Error && error.message.startsWith('READONLY')) this.#reconnect();
      this.#retryLater();
      return;
    }
    if (this.#closed) return;
    this.#unavailable = undefined;
    this.#onRecovery();
  }

  /** Name of a count: a client chooses no part of it, and in a cluster all counts of a client are on one node. */
  #keyOf({ limiter, key }: Pick<TakeRequest, 'limiter' | 'key'>): string {
    const name = encodeURIComponent(key.toWellFormed());
    const short =
      name.length <= MAX_NAME_LENGTH
        ? name
        : `sha256:${createHash('sha256').update(key).digest('base64url')}`;
    return `${this.#keyPrefix}{${short}}:${limiter}`;
  }
}

function toTaken(answer: unknown): Taken {
  const [before, taken, resetInMs] = Array.isArray(answer) ? answer.map(Number) : [];
  if (isAmount(before) && isAmount(taken) && isAmount(resetInMs) && resetInMs > 0) {
    return { before, taken, resetInMs };
  }
  throw new TypeError('Redis answered with something other than three whole numbers.');
}

function isAmount(value: number | undefined): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
