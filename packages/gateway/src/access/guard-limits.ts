import type { IncomingMessage } from 'node:http';
import type { LimitMetrics } from '@fairlead/monitoring';
import {
  getIdentity,
  LeasedCounts,
  MemoryCounts,
  quotaLimit,
  rateLimit,
  type ClientAddress,
  type Middleware,
  type QuotaLimit,
  type Quotas,
  type RateLimit,
  type RateLimitedClient,
  type SharedCounts,
} from '@fairlead/security';
import type { Charge } from '@fairlead/serving';
import type { Settings } from '../settings/settings.ts';

const MINUTE_MS = 60_000;
/** Time for the process that counts for a host, beside that for Redis. */
const HOST_TIMEOUT_MS = 2500;

/** Counts that the limits of a guard share with other processes and hosts. */
export interface GuardCounts {
  /** Counts of this host. */
  readonly ofHost: SharedCounts;
  /** Counts of all hosts. */
  readonly ofAll: SharedCounts;
  readonly metrics: Pick<LimitMetrics, 'refused' | 'used'>;
}

/** Limits of a guard. */
export interface GuardLimits {
  /** Limit of the requests of a client in a minute. */
  readonly limited: RateLimit;
  /** Limit of the requests with a refused key in a minute. */
  readonly refusals: RateLimit;
  readonly quota: QuotaLimit;
  /** Counts an admitted request for the metrics. */
  readonly used: Middleware;
  /** Counts an admitted call, which has passed {@link limited} and {@link quota}. */
  admit(client: RateLimitedClient, infers: boolean): Promise<void>;
  /** Returns the function that charges a client for the cost of a request. */
  chargeOf(client: RateLimitedClient): Charge;
  /** Returns the function that charges a client for the cost of a job, which is never refused for it. */
  chargeOfJob(client: RateLimitedClient): Charge;
}

/** Options of {@link createGuardLimits}. */
export interface GuardLimitsOptions {
  /** @defaultValue those of a guard that is the only one, and counts nothing for metrics */
  readonly counts: GuardCounts | undefined;
  readonly address: ClientAddress;
  /** Selects requests that aren't limited. */
  readonly skip: (req: IncomingMessage) => boolean;
  /** Selects requests for inference. */
  readonly infers: (req: IncomingMessage) => boolean;
}

const NO_METRICS = { refused: () => undefined, used: () => undefined };

/** Creates the limits of a guard, as the settings say. */
export function createGuardLimits(
  settings: Settings,
  { counts, address, skip, infers }: GuardLimitsOptions,
): GuardLimits {
  const { processes = 1, rateLimit: limit, refusedKeysLimit, limitsTimeoutMs } = settings;
  const own = new MemoryCounts();
  const { ofAll, ofHost, metrics } = counts ?? { ofAll: own, ofHost: own, metrics: NO_METRICS };
  const store = (limiter: string, shared: SharedCounts) => ({
    store: new LeasedCounts({ limiter, counts: shared, processes }),
    storeTimeoutMs: limitsTimeoutMs + HOST_TIMEOUT_MS,
    onRefused: () => {
      metrics.refused(limiter);
    },
  });
  const limited = rateLimit({
    ...{ windowMs: MINUTE_MS, limit, address, skip },
    ...store('requests', ofAll),
  });
  // Of this host: clients without a key cause no calls of other hosts.
  const refusals = rateLimit({
    ...{ windowMs: MINUTE_MS, limit: refusedKeysLimit, name: 'refused-keys', address },
    ...store('refused-keys', ofHost),
  });
  const quota = quotaLimit({
    ...{ counts: ofAll, processes, address, skip, quotas: quotasOf(settings) },
    hasElements: infers,
    onRefused: (policy) => {
      metrics.refused(policy);
    },
  });
  const use = (
    { identity }: RateLimitedClient,
    used: Parameters<LimitMetrics['used']>[1],
  ): void => {
    if (identity !== undefined) metrics.used(identity.client, used);
  };
  return {
    ...{ limited, refusals, quota },
    used(req, _res, next) {
      use({ identity: getIdentity(req), address: '' }, { requests: 1 });
      next();
    },
    async admit(client, isInference) {
      await limited.count(client);
      await quota.count(client, isInference);
      use(client, { requests: 1 });
    },
    chargeOf: (client) => (cost) => {
      const { elements } = cost;
      const charged = quota.charge(client, elements);
      if (charged !== undefined) {
        return charged.then(() => {
          use(client, { elements });
        });
      }
      use(client, { elements });
      return undefined;
    },
    chargeOfJob: (client) => async (cost) => {
      const { elements } = cost;
      // A job that was accepted is run, also while it can't be counted.
      await quota.chargeAccepted(client, elements).catch(() => undefined);
      use(client, { elements });
    },
  };
}

function quotasOf(settings: Settings): Quotas {
  const { requestsPerDay, requestsPerMonth } = settings;
  const { elementsPerMinute, elementsPerDay, elementsPerMonth } = settings;
  return {
    ...(requestsPerDay !== undefined && { requestsPerDay }),
    ...(requestsPerMonth !== undefined && { requestsPerMonth }),
    ...(elementsPerMinute !== undefined && { elementsPerMinute }),
    ...(elementsPerDay !== undefined && { elementsPerDay }),
    ...(elementsPerMonth !== undefined && { elementsPerMonth }),
  };
}
