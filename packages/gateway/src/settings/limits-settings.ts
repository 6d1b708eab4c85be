import { setting } from './setting.ts';
import { oneOf, redisAddress, whole } from './setting-values.ts';

/** A quota: larger numbers are not counted exactly. */
const quota = whole(1, 1e15 - 1).optional();

/** Limits that hosts share, and quotas. */
export const limitsSettings = {
  limitsRedisUrl: setting(
    'FAIRLEAD_LIMITS_REDIS_URL',
    redisAddress.optional(),
    undefined,
    'Counts requests and elements of clients in this Redis or Valkey, for all hosts together: `redis://…`, or `rediss://…` with TLS. Without it each host counts for itself.',
  ),
  limitsOnFailure: setting(
    'FAIRLEAD_LIMITS_ON_FAILURE',
    oneOf('local', 'refuse'),
    'local',
    'While that Redis is unavailable, `local` counts on each host for itself, and `refuse` answers requests that need its counts with 503.',
  ),
  limitsTimeoutMs: setting(
    'FAIRLEAD_LIMITS_TIMEOUT_MS',
    whole(1, 10_000),
    '100',
    'Maximum time that a request waits for that Redis; after one without an answer, no request waits until Redis answers again.',
  ),
  requestsPerDay: setting(
    'FAIRLEAD_LIMITS_REQUESTS_PER_DAY',
    quota,
    undefined,
    'Requests a calendar day (UTC) for each key, or address without one; a key may have a separate quota. Requires FAIRLEAD_LIMITS_REDIS_URL.',
  ),
  requestsPerMonth: setting(
    'FAIRLEAD_LIMITS_REQUESTS_PER_MONTH',
    quota,
    undefined,
    'The same for a calendar month. Requires FAIRLEAD_LIMITS_REDIS_URL.',
  ),
  elementsPerMinute: setting(
    'FAIRLEAD_LIMITS_ELEMENTS_PER_MINUTE',
    quota,
    undefined,
    'Input elements a minute for each key, or address without one: numbers and strings of all inputs, so that a request costs rows × elements of a row. They are counted when a request is decoded, before it is executed.',
  ),
  elementsPerDay: setting(
    'FAIRLEAD_LIMITS_ELEMENTS_PER_DAY',
    quota,
    undefined,
    'The same for a calendar day. Requires FAIRLEAD_LIMITS_REDIS_URL.',
  ),
  elementsPerMonth: setting(
    'FAIRLEAD_LIMITS_ELEMENTS_PER_MONTH',
    quota,
    undefined,
    'The same for a calendar month. Requires FAIRLEAD_LIMITS_REDIS_URL.',
  ),
} as const;
