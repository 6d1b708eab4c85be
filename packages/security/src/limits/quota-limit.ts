import type { IncomingMessage, ServerResponse } from 'node:http';
import { checkInteger, checkMethod, checkOptions, rejectOption } from '../check-options.ts';
import { clientAddress, type ClientAddress } from '../client-address.ts';
import type { RateLimitedClient } from '../client-key.ts';
import { getIdentity } from '../identity.ts';
import type { Middleware, Next } from '../middleware.ts';
import type { OptionNames } from '../options-problem.ts';
import type { SecurityError } from '../security-error.ts';
import { QuotaCounts, refusalOf, type QuotaState, type QuotaStates } from './quota-counts.ts';
import { quotasProblem, type Quotas } from '../quotas.ts';
import type { SharedCounts } from './shared-counts.ts';

/** Options of {@link quotaLimit}. */
export interface QuotaLimitOptions {
  /** Counts that all processes share, such as `RedisCounts` of `@fairlead/security/redis`, which outlive a process. */
  readonly counts: SharedCounts;
  /**
   * Quotas of an address, and of a client whose key has no separate ones.
   * @defaultValue none
   */
  readonly quotas?: Quotas;
  /**
   * Processes of this host that count.
   * @defaultValue 1
   */
  readonly processes?: number;
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
   * Selects requests that have elements: only those are refused when a quota of elements is used up.
   * @defaultValue every request
   */
  readonly hasElements?: (req: IncomingMessage) => boolean;
  /** Called with the name of the policy, such as `requests-per-day`, for each refused request. */
  readonly onRefused?: (policy: string) => void;
}

const optionNames: OptionNames<QuotaLimitOptions> = {
  counts: 'required',
  quotas: 'optional',
  processes: 'optional',
  address: 'optional',
  skip: 'optional',
  hasElements: 'optional',
  onRefused: 'optional',
};

/** Middleware with the quotas of clients, and the same for calls that don't come over `node:http`. */
export interface QuotaLimit extends Middleware {
  /**
   * Counts one request of a client; returns a promise only where the process has to call the common counts.
   *
   * @param hasElements - false for a request that isn't refused when a quota of elements is used up; true by default
   * @throws SecurityError `ERR_SECURITY_QUOTA`, or `ERR_SECURITY_RATE_LIMIT_STORE` while the store fails.
   */
  count(client: RateLimitedClient, hasElements?: boolean): void | Promise<void>;
  /**
   * Counts the elements of a request once they are known; a request that is refused uses none. Like {@link count}, it throws at once where it
   * returns no promise.
   *
   * @param elements - elements of all inputs
   * @throws SecurityError `ERR_SECURITY_QUOTA`, `ERR_SECURITY_REQUEST_COST` for more elements than a quota has, or
   * `ERR_SECURITY_RATE_LIMIT_STORE` while the store fails.
   */
  charge(client: RateLimitedClient, elements: number): void | Promise<void>;
  /**
   * Counts the elements of work that was accepted before, such as a job, also over the quota.
   *
   * @throws SecurityError `ERR_SECURITY_RATE_LIMIT_STORE` while the store fails.
   */
  chargeAccepted(client: RateLimitedClient, elements: number): Promise<void>;
}

/**
 * Creates middleware with quotas of clients: requests in a day and a month, and elements in a minute, a day and a month.
 *
 * Requests are counted, and clients that have used up their elements are refused, before a body is read. The elements of a request are
 * counted by `charge` once it is decoded.
 *
 * A refusal is a 429 with `Retry-After`. The `RateLimit` and `RateLimit-Policy` headers have each quota whose count the process knows.
 *
 * @throws SecurityError `ERR_SECURITY_INVALID_OPTION` if an option is missing, unknown or out of range.
 *
 * @example
 * ```ts
 * import { MemoryCounts, quotaLimit } from '@fairlead/security';
 *
 * const quota = quotaLimit({ counts: new MemoryCounts(), quotas: { elementsPerDay: 1000 } });
 * await quota.charge({ address: '192.0.2.7' }, 784);
 * try {
 *   await quota.charge({ address: '192.0.2.7' }, 784);
 * } catch (error) {
 *   console.log((error as { code: string }).code); // ERR_SECURITY_QUOTA
 * }
 * ```
 */
export function quotaLimit(options: QuotaLimitOptions): QuotaLimit {
  const {
    counts,
    quotas = {},
    processes = 1,
    address = clientAddress(),
    skip = () => false,
    hasElements = () => true,
    onRefused = () => undefined,
  } = checkOptions('quotaLimit', options, optionNames);
  checkMethod('counts', counts, 'take');
  checkInteger('processes', processes, 1, 10_000);
  const problem = quotasProblem(quotas);
  if (problem !== undefined) rejectOption('quotas', problem.replace(/^expected /, ''), quotas);
  const counted = new QuotaCounts(counts, processes, quotas);

  function quotaMiddleware(req: IncomingMessage, res: ServerResponse, next: Next): void {
    if (skip(req)) {
      next();
      return;
    }
    const identity = getIdentity(req);
    const client = { identity, address: identity === undefined ? address(req) : '' };
    const states = counted.countRequest(client);
    const answer = (known: readonly QuotaState[]): void => {
      if (known.length > 0) writeHeaders(res, known);
      next(refusalOfRequest(known, client, () => hasElements(req)));
    };
    if (states instanceof Promise) states.then(answer).catch(next);
    else answer(states);
  }

  /** Returns the error of a request that a quota refuses, which the other quotas get back. */
  function refusalOfRequest(
    states: readonly QuotaState[],
    client: RateLimitedClient,
    hasAny: () => boolean,
  ): SecurityError | undefined {
    if (states.every(({ use }) => use.isAllowed)) return undefined;
    const applied = hasAny() ? states : states.filter(({ rule }) => rule.unit === 'requests');
    const refusal = refusalOf(applied);
    if (refusal === undefined) return undefined;
    counted.refundRequest(states, client);
    onRefused(refusal.policy);
    return refusal.error;
  }

  function check(error: SecurityError | undefined): void {
    if (error !== undefined) throw error;
  }

  function settle(
    states: QuotaStates,
    find: (known: readonly QuotaState[]) => SecurityError | undefined,
  ): void | Promise<void> {
    if (states instanceof Promise) {
      return states.then((known) => {
        check(find(known));
      });
    }
    check(find(states));
    return undefined;
  }

  function refusalOfCharge(states: readonly QuotaState[]): SecurityError | undefined {
    const refusal = refusalOf(states);
    if (refusal !== undefined) onRefused(refusal.policy);
    return refusal?.error;
  }

  return Object.assign(quotaMiddleware, {
    count: (client: RateLimitedClient, hasAny = true) =>
      settle(counted.countRequest(client), (states) =>
        refusalOfRequest(states, client, () => hasAny),
      ),
    // A request without elements costs as much as one with one.
    charge: (client: RateLimitedClient, elements: number) =>
      settle(counted.charge(client, Math.max(1, elements)), refusalOfCharge),
    async chargeAccepted(client: RateLimitedClient, elements: number) {
      await counted.chargeAccepted(client, Math.max(1, elements));
    },
  });
}

/** Writes the states as the headers of the IETF draft, beside those of other limiters. */
function writeHeaders(res: ServerResponse, states: readonly QuotaState[]): void {
  if (res.headersSent) return;
  for (const { rule, limit, use } of states) {
    const { policy, unit, period } = rule;
    const seconds = Math.ceil(use.resetInMs / 1000);
    res.appendHeader('RateLimit', `"${policy}";r=${use.remaining};t=${seconds}`);
    const window = period === 'month' ? '' : `;w=${period === 'day' ? 86_400 : period / 1000}`;
    const quotaUnit = unit === 'requests' ? '' : ';qu="elements"';
    res.appendHeader('RateLimit-Policy', `"${policy}";q=${limit}${window}${quotaUnit}`);
  }
}
