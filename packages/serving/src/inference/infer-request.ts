import type { Signature, Tensor } from '@fairlead/signature';
import type { AnswerSignal } from './answer-signal.ts';
import type { FallbackNote } from './fallback-note.ts';
import type { CancelSignal } from './cancel-signal.ts';
import type { TraceCarrier } from './trace-context.ts';

/** Which model, and which of its versions when it isn't the one that the alias names. */
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
   * When the answer is of no use any more, in milliseconds from now.
   * @defaultValue `requestTimeoutMs` of the server, which is also the most
   */
  readonly timeoutMs?: number | undefined;
  readonly requestId?: string | undefined;
  /**
   * The key that the server's `VersionRouter` assigns versions by, such as a user's id: the same key gets the same version.
   * @defaultValue `client`, else `requestId`
   */
  readonly routingKey?: string | undefined;
  /** The client that sent it: the requests of one client take at most half of a version's queue. */
  readonly client?: string | undefined;
  /** The request, whose trace upstreams are told; see {@link traceContext}. */
  readonly trace?: TraceCarrier | undefined;
  /**
   * Whether nobody waits for it on a connection: it comes after every other request, and `requestTimeoutMs` isn't the
   * most.
   * @defaultValue false
   */
  readonly background?: boolean | undefined;
}

/** A request for inference, decoded but not yet checked against a signature. */
export interface InferRequest {
  /** Echoed in the response. */
  readonly id?: string | undefined;
  readonly inputs: readonly Tensor[];
  /** Names of the outputs wanted, in that order; all when absent. */
  readonly outputs?: readonly string[] | undefined;
  /** When the answer is of no use any more, in milliseconds from now; the server's own limit is the most. */
  readonly timeoutMs?: number | undefined;
  /** 1 is the highest; 0, the default, the lowest. */
  readonly priority?: number | undefined;
}

/** A request with what else its protocol read: how its outputs are to be written, for example. */
export interface DecodedRequest {
  readonly request: InferRequest;
}

/** Result of an inference, together with the decoded request. */
export interface Inferred<D extends DecodedRequest = DecodedRequest> {
  readonly result: InferResult;
  readonly decoded: D;
  /** The signature that the request was decoded with. */
  readonly signature: Signature;
}

/** Result of an inference. */
export interface InferResult {
  /** The model that answered: the one that was asked, or its fallback. */
  readonly model: string;
  /** The version that answered. */
  readonly version: string;
  readonly id?: string | undefined;
  readonly outputs: readonly Tensor[];
  /** Set when a fallback answered. */
  readonly fallback?: FallbackNote;
}
