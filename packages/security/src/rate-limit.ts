import type { IncomingMessage, ServerResponse } from 'node:http';
import { ipKeyGenerator, MemoryStore } from 'express-rate-limit';
import { checkInteger, refuseOption } from './check-option.ts';
import { checkedStore } from './checked-store.ts';
import { clientAddress, type ClientAddress } from './client-address.ts';
import { getIdentity, type Identity } from './identity.ts';
import type { Middleware, Next } from './middleware.ts';
import type { RateLimitStore } from './rate-limit-store.ts';
import { SecurityError } from './security-error.ts';

/** Settings of {@link rateLimit}. */
export interface RateLimitOptions {
  /** The length of a window, in milliseconds. */
  readonly windowMs: number;
  /** Requests per window of a client whose key has no limit of its own, and of an address. */
  readonly limit: number;
  /**
   * Names the policy in the `RateLimit` headers; give two limiters of one chain two names.
   * @defaultValue `'default'`
   */
  readonly name?: string;
  /**
   * How the address of a client without a key is found.
   * @defaultValue the peer of the socket: `clientAddress()`
   */
  readonly address?: ClientAddress;
  /**
   * Requests that aren't counted, for example {@link publicPaths} for health checks.
   * @defaultValue none
   */
  readonly skip?: (req: IncomingMessage) => boolean;
  /**
   * Where the counts are kept; a limiter needs its own.
   * @defaultValue in the memory of this process
   */
  readonly store?: RateLimitStore;
  /**
   * How long an injected store may take for one count before it has failed, in milliseconds.
   * @defaultValue 500
   */
  readonly storeTimeoutMs?: number;
  /**
   * What happens while the store fails: `'refuse'` answers 503, `'allow'` lets everything pass uncounted.
   * @defaultValue `'refuse'`
   */
  readonly onStoreFailure?: 'allow' | 'refuse';
  /**
   * Hears of a failing store under `'allow'`, where no error reaches the error handler.
   * @defaultValue `process.emitWarning`
   */
  readonly onError?: (error: unknown) => void;
}

/** Whose request is counted. */
export interface RateLimitedClient {
  /** Who asks, when that is known; it counts before the address. */
  readonly identity?: Identity | undefined;
  /** An IPv4 or IPv6 address, or what {@link ClientAddress} says in its place. */
  readonly address: string;
}

/** The step that limits, and the same limit for requests that don't come over `node:http`. */
export interface RateLimit extends Middleware {
  /**
   * Counts one request of a client, together with those that the step counts.
   *
   * @throws SecurityError `ERR_SECURITY_RATE_LIMIT`, or `ERR_SECURITY_RATE_LIMIT_STORE` while the store fails.
   */
  count(client: RateLimitedClient): Promise<void>;
}

/** What is left of a client's window. */
interface Info {
  readonly limit: number;
  /** Below 0 for a request that is one too many. */
  readonly remaining: number;
  readonly resetTime: Date | undefined;
}

/** The bits of an IPv6 address that count: a provider gives a household a /56 at the least (RFC 6177). */
const ipv6SubnetBits = 56;

/**
 * Makes the step that limits how often a client asks: by the key's client, else by the address (IPv6: by its /56).
 *
 * The windows are kept by the stores of `express-rate-limit`. Its middleware isn't used: it waits for five promises where
 * one will do, which under load took as long as all the other steps of a guard together.
 *
 * The answer has the `RateLimit` and `RateLimit-Policy` headers of the IETF draft (version 8 and later); a refusal is
 * a 429 with `Retry-After`.
 *
 * @throws SecurityError `ERR_SECURITY_OPTION` if a setting is out of range.
 */
export function rateLimit({
  windowMs,
  limit,
  name = 'default',
  address = clientAddress(),
  skip = () => false,
  store,
  storeTimeoutMs = 500,
  onStoreFailure = 'refuse',
  onError = (error) => {
    process.emitWarning(error instanceof Error ? error : String(error));
  },
}: RateLimitOptions): RateLimit {
  // Node's timers, and with them the memory store, go no further.
  checkInteger('windowMs', windowMs, 1, 2_147_483_647);
  checkInteger('limit', limit, 1, Number.MAX_SAFE_INTEGER);
  checkInteger('storeTimeoutMs', storeTimeoutMs, 1, 60_000);
  if (!/^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(name)) {
    refuseOption('name', 'a letter and then letters, digits, _ or -', name);
  }
  const windowSeconds = Math.ceil(windowMs / 1000);

  const counts = checkedStore(store ?? new MemoryStore(), store && storeTimeoutMs);

  Promise.resolve(counts.init({ windowMs })).catch(onError);

  function rateLimitMiddleware(req: IncomingMessage, res: ServerResponse, next: Next): void {
    if (skip(req)) {
      next();
      return;
    }
    const identity = getIdentity(req);
    admit({ identity, address: identity === undefined ? address(req) : '' })
      .then((info) => {
        if (info !== undefined) writeHeaders(res, info);
        next(info !== undefined && info.remaining < 0 ? tooMany(info) : undefined);
      })
      .catch(next);
  }

  async function count(client: RateLimitedClient): Promise<void> {
    const info = await admit(client);
    if (info !== undefined && info.remaining < 0) throw tooMany(info);
  }

  return Object.assign(rateLimitMiddleware, { count });

  /** Counts one request; undefined when the store fails and may. */
  function admit(client: RateLimitedClient): Promise<Info | undefined> {
    const most = client.identity?.limit ?? limit;
    return counts.increment(clientKey(client)).then(
      ({ totalHits, resetTime }) => ({ limit: most, remaining: most - totalHits, resetTime }),
      (error: unknown) => {
        if (onStoreFailure === 'refuse') throw error;
        onError(error);
        return undefined;
      },
    );
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
    const seconds = Math.max(1, resetSeconds(info));
    return new SecurityError(
      'ERR_SECURITY_RATE_LIMIT',
      `Too many requests: ${info.limit} are allowed in ${windowSeconds} s. Try again in ${seconds} s.`,
      { headers: { 'Retry-After': String(seconds) } },
    );
  }
}

function clientKey({ identity, address }: RateLimitedClient): string {
  if (identity !== undefined) return `client:${identity.client}`;
  return `address:${ipKeyGenerator(address, ipv6SubnetBits)}`;
}
