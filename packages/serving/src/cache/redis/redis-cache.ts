import { checkIntegers, checkOptions, MAX_INT32 } from '../../errors/check-options.ts';
import type { OptionNames } from '@fairlead/signature';
import type { CacheStore } from '../cache-store.ts';
import { readVerified, withDigest } from './verified-value.ts';

/** The part of a client of the npm package `redis` that {@link redisCache} uses; `createClient(…)` returns one. */
export interface RedisCacheClient {
  /** True if commands can be sent. */
  readonly isReady: boolean;
  /** Sends one command; `typeMapping` defines the type of bulk strings (RESP type 36, `$`). */
  sendCommand(
    args: readonly (string | Buffer)[],
    options: { readonly typeMapping: { readonly 36: BufferConstructor } },
  ): Promise<unknown>;
  /** Registers a listener of broken connections. Without one, Node ends the process. */
  on(event: 'error', listener: (error: unknown) => void): unknown;
}

/** Options of {@link redisCache}. */
export interface RedisCacheOptions {
  /** A client of the npm package `redis`. Connect it and close it yourself; it needn't be connected yet. */
  readonly client: RedisCacheClient;
  /**
   * Maximum wait for a response of Redis, in milliseconds.
   * @defaultValue 50
   */
  readonly timeoutMs?: number;
  /**
   * Time in which Redis isn't called after it failed or was too slow, in milliseconds.
   * @defaultValue 1000
   */
  readonly pauseMs?: number;
  /**
   * Time to live of a response, in milliseconds.
   * @defaultValue 3600000 (an hour)
   */
  readonly ttlMs?: number;
  /**
   * Maximum size of a response, in bytes; a larger one isn't stored.
   * @defaultValue 1048576 (1 MiB)
   */
  readonly maxEntryBytes?: number;
  /**
   * Maximum number of pending commands; while there are as many, Redis isn't called.
   * @defaultValue 256
   */
  readonly maxPending?: number;
  /**
   * Prefix of the keys.
   * @defaultValue "fairlead:"
   */
  readonly keyPrefix?: string;
  /** Called for errors of Redis, once for each pause. */
  readonly onError?: (error: unknown) => void;
}

const optionNames: OptionNames<RedisCacheOptions> = {
  client: 'required',
  timeoutMs: 'optional',
  pauseMs: 'optional',
  ttlMs: 'optional',
  maxEntryBytes: 'optional',
  maxPending: 'optional',
  keyPrefix: 'optional',
  onError: 'optional',
};

/** A {@link CacheStore} in Redis or Valkey. */
export interface RedisCache extends CacheStore {
  get(key: string): Promise<Uint8Array | undefined>;
  set(key: string, value: Uint8Array): Promise<void>;
}

const AS_BUFFER = { typeMapping: { 36: Buffer } } as const;

/**
 * Creates a store of responses in Redis or Valkey, which several hosts share.
 *
 * A Redis that is unreachable, slow, full or broken costs a miss and never a request. While it is unreachable nothing is
 * queued, and after a failure it isn't called for `pauseMs`. Its values are verified: a value that isn't exactly the one stored under
 * that key is a miss. Limit its memory in the configuration of Redis, with `maxmemory` and `maxmemory-policy allkeys-lru`.
 *
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the option and its value.
 *
 * @example
 * ```ts
 * import { redisCache } from '@fairlead/serving/redis-cache';
 * import { createClient } from 'redis';
 *
 * const url = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';
 * const client = createClient({ url, disableOfflineQueue: true });
 * const cache = redisCache({ client, ttlMs: 60_000, timeoutMs: 2000 });
 * await client.connect();
 * await cache.set('key', Buffer.from('response'));
 * console.log(String(await cache.get('key'))); // response
 * client.destroy();
 * ```
 */
export function redisCache(options: RedisCacheOptions): RedisCache {
  const {
    client,
    timeoutMs = 50,
    pauseMs = 1000,
    ttlMs = 3_600_000,
    maxEntryBytes = 1024 * 1024,
    maxPending = 256,
    keyPrefix = 'fairlead:',
    onError = () => undefined,
  } = checkOptions('redisCache', options, optionNames);
  checkIntegers({ timeoutMs, pauseMs, ttlMs, maxEntryBytes, maxPending }, 1, MAX_INT32);
  let pending = 0;
  let pausedUntil = -Infinity;

  function pause(error: unknown): void {
    const now = performance.now();
    if (now < pausedUntil) return;
    pausedUntil = now + pauseMs;
    onError(error);
  }
  client.on('error', pause);

  /** Undefined when Redis isn't called, or didn't respond in time. */
  async function send(...args: readonly (string | Buffer)[]): Promise<unknown> {
    // Commands that are sent without a connection would wait in the client's queue, without a limit.
    if (!client.isReady || pending >= maxPending || performance.now() < pausedUntil) {
      return undefined;
    }
    // Counted until the client releases it, not only until the time-out.
    pending += 1;
    const answer = client.sendCommand(args, AS_BUFFER).finally(() => {
      pending -= 1;
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`Redis gave no answer within ${timeoutMs} ms`));
      }, timeoutMs);
    });
    try {
      return await Promise.race([answer, late]);
    } catch (error) {
      pause(error);
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    async get(key) {
      const name = keyPrefix + key;
      const stored = await send('GET', name);
      return stored instanceof Uint8Array ? readVerified(name, stored) : undefined;
    },
    async set(key, value) {
      if (value.length > maxEntryBytes) return;
      const name = keyPrefix + key;
      await send('SET', name, withDigest(name, value), 'PX', String(ttlMs));
    },
  };
}
