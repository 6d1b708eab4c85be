import type { IncomingMessage, ServerResponse } from 'node:http';
import { MemoryStore } from 'express-rate-limit';
import { checkInteger, checkMethod, checkOptions, rejectOption } from './check-options.ts';
import type { OptionNames } from './options-problem.ts';
import { checkedStore } from './checked-store.ts';
import { clientAddress, type ClientAddress } from './client-address.ts';
import { clientKey, type RateLimitedClient } from './client-key.ts';
import { getIdentity } from './identity.ts';
import type { Middleware, Next } from './middleware.ts';
import type { RateLimitCount, RateLimitStore } from './rate-limit-store.ts';
import { SecurityError } from './security-error.ts';

/** Options of {@link rateLimit}. */
export interface RateLimitOptions {
  /** Length of a window, in milliseconds. */
  readonly windowMs: number;
  /** Requests per window of an address, and of a client whose key has no separate limit. */
  readonly limit: number;
  /**
   * Name of the policy in the `RateLimit` headers; two limiters of one chain need two names.
   * @defaultValue `'default'`
   */
  readonly name?: string;
  /**
   * Finds the address of a client without a key.
   * @defaultValue the peer of the socket: `clientAddress()`
   */
  readonly address?: ClientAddress;
  /**
   * Selects requests that aren't counted, for example {@link publicPaths} for health checks.
   * @defaultValue none
   */
  readonly skip?: (req: IncomingMessage) => boolean;
  /**
   * Stores the counts; each limiter needs a separate store.
   * @defaultValue in the memory of this process
   */
  readonly store?: RateLimitStore;
  /**
   * Timeout for one count of the given store, in milliseconds.
   * @defaultValue 500
   */
  readonly storeTimeoutMs?: number;
  /**
   * Behavior while the store fails: `'refuse'` responds with 503, `'allow'` lets every request pass uncounted.
   * @defaultValue `'refuse'`
   */
  readonly onStoreFailure?: 'allow' | 'refuse';
  /**
   * Called when the store fails under `'allow'`, where no error reaches the error handler.
   * @defaultValue `process.emitWarning`
   */
  readonly onError?: (error: unknown) => void;
  /** Called for each refused request. */
  readonly onRefused?: () => void;
}

const optionNames: OptionNames<RateLimitOptions> = {
  windowMs: 'required',
  limit: 'required',
  name: 'optional',
  address: 'optional',
  skip: 'optional',
  store: 'optional',
  storeTimeoutMs: 'optional',
  onStoreFailure: 'optional',
  onError: 'optional',
  onRefused: 'optional',
};

/** Middleware that limits requests, and the same limit for calls that don't come over `node:http`. */
export interface RateLimit extends Middleware {
  /**
   * Counts one request of a client, together with those that the middleware counts.
   *
   * @throws SecurityError `ERR_SECURITY_RATE_LIMIT`, or `ERR_SECURITY_RATE_LIMIT_STORE` while the store fails.
   */
  count(client: RateLimitedClient): Promise<void>;
}

/** State of a client's window. */
interface Info {
  readonly limit: number;
  /** Below 0 for a request over the limit. */
  readonly remaining: number;
  readonly resetTime: Date | undefined;
}

/** Undefined for a request that isn't counted. */
type Admitted = Info | undefined;

/**
 * Creates middleware that limits the requests of a client: by the client of the key, else by the address (IPv6: its /56).
 *
 * The stores of `express-rate-limit` hold the windows. Its middleware isn't used: it waits for five promises where
 * one is enough, which under load took as long as all other steps of a guard together.
 *
 * The response has the `RateLimit` and `RateLimit-Policy` headers of the IETF draft (version 8 and later); a refusal is
 * a 429 with `Retry-After`.
 *
 * @throws SecurityError `ERR_SECURITY_INVALID_OPTION` if an option is missing, unknown or out of range.
 *
 * @example
 * ```ts
 * import { rateLimit } from '@fairlead/security';
 *
 * const limited = rateLimit({ windowMs: 60_000, limit: 1 });
 * await limited.count({ address: '192.0.2.7' });
 * await limited.count({ address: '192.0.2.7' }).catch((error) => {
 *   console.log(error.code); // ERR_SECURITY_RATE_LIMIT
 * });
 * ```
 */
export function rateLimit(options: RateLimitOptions): RateLimit {
  const { windowMs, limit, name, address, skip, store, storeTimeoutMs, ...rest } =
    resolveOptions(options);
  const { onStoreFailure, onError, onRefused } = rest;
  const windowSeconds = Math.ceil(windowMs / 1000);

  const counts = checkedStore(store ?? new MemoryStore(), store && storeTimeoutMs);

  Promise.resolve(counts.init({ windowMs })).catch(onError);

  function rateLimitMiddleware(req: IncomingMessage, res: ServerResponse, next: Next): void {
    if (skip(req)) {
      next();
      return;
    }
    const identity = getIdentity(req);
    let admitted: Admitted | Promise<Admitted>;
    try {
      admitted = admit({ identity, address: identity === undefined ? address(req) : '' });
    } catch (error) {
      next(error);
      return;
    }
    // A count that is there at once costs no promise.
    if (admitted instanceof Promise) {
      admitted
        .then((info) => {
          answer(info, res, next);
        })
        .catch(next);
    } else answer(admitted, res, next);
  }

  function answer(info: Admitted, res: ServerResponse, next: Next): void {
    if (info === undefined) {
      next();
      return;
    }
    writeHeaders(res, info);
    if (info.remaining < 0) next(tooMany(info));
    else next();
  }

  async function count(client: RateLimitedClient): Promise<void> {
    const info = await admit(client);
    if (info !== undefined && info.remaining < 0) throw tooMany(info);
  }

  return Object.assign(rateLimitMiddleware, { count });

  /** Counts one request; undefined when the store fails under `'allow'`. */
  function admit(client: RateLimitedClient): Admitted | Promise<Admitted> {
    const clientLimit = client.identity?.limit ?? limit;
    try {
      const counted = counts.increment(clientKey(client), clientLimit);
      return counted instanceof Promise
        ? counted.then((count) => infoOf(count, clientLimit), failed)
        : infoOf(counted, clientLimit);
    } catch (error) {
      failed(error);
      return undefined;
    }
  }

  function failed(error: unknown): undefined {
    if (onStoreFailure === 'refuse') throw error;
    onError(error);
  }

  function writeHeaders(res: ServerResponse, info: Info): void {
    if (res.headersSent) return;
    const remaining = Math.max(0, info.remaining);
    res.appendHeader('RateLimit', `"${name}";r=${remaining};t=${resetSeconds(info)}`);
    res.appendHeader('RateLimit-Policy', `"${name}";q=${info.limit};w=${windowSeconds}`);
  }

  function resetSeconds({ resetTime }: Info): number {
    if (resetTime === undefined) return windowSeconds;
    return Math.max(0, Math.ceil((resetTime.getTime() - Date.now()) / 1000));
  }

  function tooMany(info: Info): SecurityError {
    onRefused();
    const seconds = Math.max(1, resetSeconds(info));
    return new SecurityError(
      'ERR_SECURITY_RATE_LIMIT',
      `Too many requests: ${info.limit} are allowed in ${windowSeconds} s. Try again in ${seconds} s.`,
      { headers: { 'Retry-After': String(seconds) } },
    );
  }
}

function infoOf({ totalHits, resetTime }: RateLimitCount, limit: number): Info {
  return { limit, remaining: limit - totalHits, resetTime };
}

/** Checks the options and adds the defaults. */
function resolveOptions(options: RateLimitOptions) {
  const {
    windowMs,
    limit,
    name = 'default',
    address = clientAddress(),
    skip = () => false,
    store,
    storeTimeoutMs = 500,
    onStoreFailure = 'refuse',
    onError = (error: unknown) => {
      process.emitWarning(error instanceof Error ? error : String(error));
    },
    onRefused = () => undefined,
  } = checkOptions('rateLimit', options, optionNames);
  // The largest delay of Node's timers, which the memory store uses.
  checkInteger('windowMs', windowMs, 1, 2_147_483_647);
  checkInteger('limit', limit, 1, Number.MAX_SAFE_INTEGER);
  checkInteger('storeTimeoutMs', storeTimeoutMs, 1, 60_000);
  if (typeof name !== 'string' || !/^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(name)) {
    rejectOption('name', 'a letter and then letters, digits, _ or -', name);
  }
  if (store !== undefined) checkMethod('store', store, 'increment');
  const failureModes: readonly unknown[] = ['allow', 'refuse'];
  if (!failureModes.includes(onStoreFailure)) {
    rejectOption('onStoreFailure', '"allow" or "refuse"', onStoreFailure);
  }
  return {
    ...{ windowMs, limit, name, address, skip, store },
    ...{ storeTimeoutMs, onStoreFailure, onError, onRefused },
  };
}
