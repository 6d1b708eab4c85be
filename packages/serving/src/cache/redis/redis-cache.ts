import { checkIntegers, checkOptions, MAX_INT32 } from '../../errors/check-options.ts';
import type { OptionNames } from '@fairlead/signature';
import type { CacheStore } from '../cache-store.ts';
import { seal, unseal } from './sealed-value.ts';

/** The part of a client of the npm package `redis` that {@link redisCache} uses; `createClient(…)` gives one. */
export interface RedisCacheClient {
  /** Whether commands can be sent now. */
  readonly isReady: boolean;
  /** Sends one command; `typeMapping` says what bulk strings (RESP type 36, `$`) become. */
  sendCommand(
    args: readonly (string | Buffer)[],
    options: { readonly typeMapping: { readonly 36: BufferConstructor } },
  ): Promise<unknown>;
  /** Has `listener` told of a broken connection. Without one, Node ends the process. */
  on(event: 'error', listener: (error: unknown) => void): unknown;
}

/** Options of {@link redisCache}. */
export interface RedisCacheOptions {
  /** A client of the npm package `redis`. Connect it and close it yourself; it needn't be connected yet. */
  readonly client: RedisCacheClient;
  /**
   * How long an answer of Redis is waited for, in milliseconds.
   * @defaultValue 50
   */
  readonly timeoutMs?: number;
  /**
   * How long Redis is left alone after it failed or was too slow, in milliseconds.
   * @defaultValue 1000
   */
  readonly pauseMs?: number;
  /**
   * How long an answer is kept, in milliseconds.
   * @defaultValue 3600000 (an hour)
   */
  readonly ttlMs?: number;
  /**
   * An answer larger than this isn't kept, in bytes.
   * @defaultValue 1048576 (1 MiB)
   */
  readonly maxEntryBytes?: number;
  /**
   * Commands that may be on their way; while there are as many, Redis isn't asked.
   * @defaultValue 256
   */
  readonly maxPending?: number;
  /**
   * What the keys begin with.
   * @defaultValue "fairlead:"
   */
  readonly keyPrefix?: string;
  /** Told of what goes wrong with Redis, once for each pause. */
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
 * Makes a store that keeps answers in Redis or Valkey, for several hosts to share.
 *
 * A Redis that is away, slow, full or broken costs a miss and never a request. Nothing is queued while it is away, and
 * after a failure it is left alone for a moment. What it returns is verified: a value that isn't just what was kept under
 * that key is a miss. Bound its memory in its own configuration, with `maxmemory` and `maxmemory-policy allkeys-lru`.
 *
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the option and its value.
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

  /** Undefined when Redis isn't asked, or gave no answer in time. */
  async function send(...args: readonly (string | Buffer)[]): Promise<unknown> {
    // What is sent while it is away would wait in the client's own queue, without bound.
    if (!client.isReady || pending >= maxPending || performance.now() < pausedUntil) {
      return undefined;
    }
    // Counted until the client lets go of it, not just for as long as somebody waits.
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
      const sealed = await send('GET', name);
      return sealed instanceof Uint8Array ? unseal(name, sealed) : undefined;
    },
    async set(key, value) {
      if (value.length > maxEntryBytes) return;
      const name = keyPrefix + key;
      await send('SET', name, seal(name, value), 'PX', String(ttlMs));
    },
  };
}
