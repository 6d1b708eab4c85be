/** Count of one client in the current window. */
export interface RateLimitCount {
  /** Requests in this window, this one included. */
  readonly totalHits: number;
  /** End of the window. */
  readonly resetTime: Date | undefined;
}

/**
 * Stores the counts; any store for `express-rate-limit` fits, such as `rate-limit-redis`.
 *
 * The interface is structural, so this package needs neither its types nor those of Express.
 */
export interface RateLimitStore {
  /** Called once with the length of the window in milliseconds. */
  init?(options: { readonly windowMs: number }): void | Promise<void>;
  /**
   * Counts one request.
   *
   * @param limit requests that are allowed in a window; a store may reserve several of them at once
   */
  increment(key: string, limit: number): RateLimitCount | Promise<RateLimitCount>;
  /** Reverts the count of one request. */
  decrement(key: string): void | Promise<void>;
  /** Removes the count of a client. */
  resetKey(key: string): void | Promise<void>;
}
