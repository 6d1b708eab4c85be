import type { RateLimitCount, RateLimitStore } from './rate-limit-store.ts';
import { SecurityError } from './security-error.ts';

/**
 * Wraps a store so that an error, a count that is none, or no answer within the time is one kind of failure.
 *
 * Without it a store that answers `NaN` would let everything pass, and one that hangs would hang every request.
 */
export function checkedStore(
  store: RateLimitStore,
  timeoutMs: number | undefined,
): Required<RateLimitStore> {
  return {
    init: (options) => store.init?.(options),
    async increment(key: string): Promise<RateLimitCount> {
      let count: RateLimitCount;
      try {
        const pending = store.increment(key);
        count = await (timeoutMs === undefined ? pending : within(timeoutMs, pending));
      } catch (cause) {
        throw storeFailed(cause);
      }
      if (!Number.isSafeInteger(count.totalHits) || count.totalHits < 1) {
        throw storeFailed(new TypeError(`The store counted ${count.totalHits} requests.`));
      }
      return count;
    },
    decrement: (key) => store.decrement(key),
    resetKey: (key) => store.resetKey(key),
  };
}

async function within<T>(timeoutMs: number, pending: T | Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`The store did not answer within ${timeoutMs} ms.`));
    }, timeoutMs);
  });
  try {
    return await Promise.race([pending, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

function storeFailed(cause: unknown): SecurityError {
  return new SecurityError(
    'ERR_SECURITY_RATE_LIMIT_STORE',
    'Requests cannot be counted at the moment, so none is accepted. Try again shortly.',
    { cause, headers: { 'Retry-After': '1' } },
  );
}
