import type { Charge } from '../inference/charge.ts';
import type { CancelSignal } from '../inference/cancel-signal.ts';
import type { VersionLabel } from '../inference/inference-observer.ts';
import type { TraceCarrier } from '../inference/trace-context.ts';

/** Context of one request. */
export interface CallContext {
  /** Deadline, on the clock of `performance.now()`. */
  readonly deadlineAt: number;
  /** Priority that replaces the request's. */
  readonly priority?: number | undefined;
  readonly requestId?: string | undefined;
  /** The request, whose trace context upstreams get. */
  readonly trace?: TraceCarrier | undefined;
  /** Aborts when the client disconnects. */
  readonly signal?: CancelSignal | undefined;
  /**
   * Returns whether the inputs are needed after the version has computed; called for requests whose inputs could be moved.
   * @defaultValue they are needed
   */
  readonly needsInputs?: ((label: VersionLabel) => boolean) | undefined;
  /** The client that sent it, whose requests take at most half of the queue. */
  readonly client?: string | undefined;
  /** Charges the client for the request once it is decoded and checked. */
  readonly charge?: Charge | undefined;
}
