import type { InferTarget } from './infer-request.ts';

/** The version that answers a request, and one that answers a copy of it. */
export interface VersionChoice {
  /** The version that answers. */
  readonly version: string;
  /** A version that gets the same inputs after the answer was sent; its outputs are recorded, and never sent. */
  readonly shadow?: string | undefined;
}

/**
 * Chooses the version that answers a request, among the live versions of its model.
 *
 * Without a router, and where it chooses none, the version that the alias points to answers.
 */
export interface VersionRouter {
  /**
   * Called once for each request that names no version, on its way: it must return at once, without waiting for anything.
   *
   * A version that isn't live, a promise, any other result, and an error, count as no choice: the version of the alias answers, and
   * an event `route-failed` says so.
   *
   * @param key - the routing key of the request; undefined when it has none
   */
  route(target: InferTarget, key: string | undefined): VersionChoice | undefined;
}
