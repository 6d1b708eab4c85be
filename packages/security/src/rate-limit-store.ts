/** The count of one client in the current window. */
export interface RateLimitCount {
  /** Requests in this window, this one included. */
  readonly totalHits: number;
  /** When the window ends. */
  readonly resetTime: Date | undefined;
}

/**
 * Where the counts are kept: any store made for `express-rate-limit` fits, such as `rate-limit-redis`.
 *
 * Structural, so that neither its types nor Express's are needed to use this package.
 */
export interface RateLimitStore {
  /** Called once with the length of the window in milliseconds. */
  init?(options: { readonly windowMs: number }): void | Promise<void>;
  /** Counts one request. */
  increment(key: string): RateLimitCount | Promise<RateLimitCount>;
  /** Takes one request back. */
  decrement(key: string): void | Promise<void>;
  /** Forgets a client. */
  resetKey(key: string): void | Promise<void>;
}
