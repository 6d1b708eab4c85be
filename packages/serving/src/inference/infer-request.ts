import type { Signature, Tensor } from '@fairlead/signature';
import type { AnswerSignal } from './answer-signal.ts';
import type { FallbackNote } from './fallback-note.ts';
import type { Charge } from './charge.ts';
import type { CancelSignal } from './cancel-signal.ts';
import type { TraceCarrier } from './trace-context.ts';

/** Model of a request, and its version when it isn't the one that the alias points to. */
export interface InferTarget {
  readonly model: string;
  readonly version?: string | undefined;
}

/** Context of a request for inference. */
export interface InferContext {
  /** Aborts when the client disconnects. */
  readonly signal?: CancelSignal | undefined;
  /**
   * The answer on its way to the client: the inference is recorded once it was sent.
   * @defaultValue none: it is recorded on the next turn of the event loop
   */
  readonly answer?: AnswerSignal | undefined;
  /**
   * Deadline, in milliseconds from now.
   * @defaultValue `requestTimeoutMs` of the server, which is also the maximum
   */
  readonly timeoutMs?: number | undefined;
  readonly requestId?: string | undefined;
  /**
   * The key that the server's `VersionRouter` assigns versions by, such as a user's id: the same key gets the same version.
   * @defaultValue `client`, else `requestId`
   */
  readonly routingKey?: string | undefined;
  /** The client of the request: requests of one client have at most half of a version's queue. */
  readonly client?: string | undefined;
  /** The request, whose trace context is sent to upstreams; see {@link traceContext}. */
  readonly trace?: TraceCarrier | undefined;
  /**
   * True for a request that no client waits for on a connection: it is executed after every other request, and
   * `requestTimeoutMs` isn't its maximum.
   * @defaultValue false
   */
  readonly background?: boolean | undefined;
  /**
   * Charges the client for the request, once, whichever version answers it.
   * @defaultValue none
   */
  readonly charge?: Charge | undefined;
}

/** A request for inference, decoded but not yet checked against a signature. */
export interface InferRequest {
  /** Echoed in the response. */
  readonly id?: string | undefined;
  readonly inputs: readonly Tensor[];
  /**
   * True if nothing else has or needs the storage of the inputs: it may be moved to another thread, and freed once the model
   * has computed, before the response. Their `data` may be empty then.
   * @defaultValue false
   */
  readonly ownsInputs?: boolean | undefined;
  /** Names of the requested outputs, in that order; all when absent. */
  readonly outputs?: readonly string[] | undefined;
  /** Deadline, in milliseconds from now; the server's limit is the maximum. */
  readonly timeoutMs?: number | undefined;
  /** 1 is the highest; 0, the default, the lowest. */
  readonly priority?: number | undefined;
}

/** A request with further members that its protocol decoded, such as the encoding of the outputs. */
export interface DecodedRequest {
  readonly request: InferRequest;
}

/** Result of an inference, together with the decoded request. */
export interface Inferred<D extends DecodedRequest = DecodedRequest> {
  readonly result: InferResult;
  readonly decoded: D;
  /** The signature that the request was decoded with. */
  readonly signature: Signature;
  /** True where the cache had the outputs, and nothing was computed. */
  readonly isCached?: boolean | undefined;
}

/** Result of an inference. */
export interface InferResult {
  /** The model that answered: the requested one, or its fallback. */
  readonly model: string;
  /** The version that answered. */
  readonly version: string;
  readonly id?: string | undefined;
  readonly outputs: readonly Tensor[];
  /** The variant of an experiment that the version was chosen as. */
  readonly variant?: string | undefined;
  /** Set when a fallback answered. */
  readonly fallback?: FallbackNote;
}
