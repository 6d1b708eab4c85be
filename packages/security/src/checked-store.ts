import type { RateLimitCount, RateLimitStore } from './rate-limit-store.ts';
import { SecurityError } from './security-error.ts';

/** Store whose count is valid, or which fails with a {@link SecurityError}. */
export interface CheckedStore extends Required<RateLimitStore> {
  /** Returns the count at once where the store does; its errors are rejections, or are thrown where it throws. */
  increment(key: string, limit: number): RateLimitCount | Promise<RateLimitCount>;
}

/**
 * Wraps a store so that an error, an invalid count and a timeout are one kind of failure.
 *
 * Without it a store that returns `NaN` would let every request pass, and one that hangs would block every request.
 */
export function checkedStore(store: RateLimitStore, timeoutMs: number | undefined): CheckedStore {
  return {
    init: (options) => store.init?.(options),
    increment(key: string, limit: number): RateLimitCount | Promise<RateLimitCount> {
      let pending: RateLimitCount | Promise<RateLimitCount>;
      try {
        pending = store.increment(key, limit);
      } catch (cause) {
        throw storeFailed(cause);
      }
      if (!('then' in pending)) return checkCount(pending);
      const settled = timeoutMs === undefined ? pending : within(timeoutMs, pending);
      return settled.then(checkCount, refuse);
    },
    decrement: (key) => store.decrement(key),
    resetKey: (key) => store.resetKey(key),
  };
}

function checkCount(count: RateLimitCount): RateLimitCount {
  if (Number.isSafeInteger(count.totalHits) && count.totalHits >= 1) return count;
  return refuse(new TypeError(`The store counted ${count.totalHits} requests.`));
}

function refuse(cause: unknown): never {
  throw storeFailed(cause);
}

async function within<T>(timeoutMs: number, pending: Promise<T>): Promise<T> {
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

/** Creates the error of a store that can't count. */
export function storeFailed(cause: unknown): SecurityError {
  return new SecurityError(
    'ERR_SECURITY_RATE_LIMIT_STORE',
    'Requests cannot be counted at the moment, so none is accepted. Try again shortly.',
    { cause, headers: { 'Retry-After': '1' } },
  );
}
