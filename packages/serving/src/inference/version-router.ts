import type { Tensor } from '@fairlead/signature';
import type { FailureReason } from './inference-observer.ts';
import type { InferTarget } from './infer-request.ts';

/** Use of a version that was chosen: it answers the request, or computes a copy of it. */
export type VersionRole = 'answer' | 'shadow';

/** The version that answers a request, and one that answers a copy of it. */
export interface VersionChoice {
  /** The version that answers. */
  readonly version: string;
  /**
   * A version that gets the same inputs after the answer was sent; its outputs are recorded, and never sent. It gets no copy while requests of clients wait for
   * the version that answers.
   */
  readonly shadow?: string | undefined;
  /** Name of the variant of an experiment, which the response, records and {@link RoutedInference} have. */
  readonly variant?: string | undefined;
}

/** The end of a request that followed a choice of a {@link VersionRouter}, or of the copy that its shadow got. */
export interface RoutedInference {
  readonly model: string;
  /** The choice, the object that `route` returned. */
  readonly choice: VersionChoice;
  /** The version that was chosen, or the shadow. */
  readonly version: string;
  readonly variant?: string | undefined;
  /** The routing key that the version was chosen by. */
  readonly key: string | undefined;
  readonly role: VersionRole;
  /** `failure` also where a fallback answered. */
  readonly outcome: 'success' | 'failure';
  /** Set for failures. */
  readonly reason?: FailureReason | undefined;
  /** Stable code of the error of a failure, where it has one. */
  readonly code?: string | undefined;
  /**
   * Of a failure: true where the version or the server is at fault. False for invalid and canceled requests, and for a deadline or a limit of the client.
   */
  readonly isFault?: boolean | undefined;
  /** True where the fallback has failed at the same request as well: its inputs may be the cause. */
  readonly fallbackFailed?: boolean | undefined;
  /** True where the cache had the outputs: the duration says nothing about the version. */
  readonly isCached?: boolean | undefined;
  /** Milliseconds from the begin of decoding to the outputs or the error. */
  readonly durationMs: number;
  /** Tensors that were computed; undefined for failures. They must not be written into. */
  readonly outputs?: readonly Tensor[] | undefined;
  /** Of a shadow: the tensors that the client got. */
  readonly answered?: readonly Tensor[] | undefined;
}

/**
 * Chooses the version that answers a request, among the live versions of its model.
 *
 * Without a router, and where it chooses none, the version that the alias points to answers; also where another one was chosen and fails by a fault of its
 * runtime, as a fallback.
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

  /**
   * Called once at the end of each request that followed a choice, and of each copy that a shadow has run: it must return at once. An error of it costs the
   * request nothing; an event `route-failed` says so. Copies that are dropped under load end without a call.
   */
  finished?(inference: RoutedInference): void;
}
