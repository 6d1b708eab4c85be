import type { Signature } from '@fairlead/signature';
import type { FallbackRoute } from '../fallback/fallback-route.ts';
import type { DecodedRequest, Inferred, InferContext } from '../inference/infer-request.ts';
import type { CallContext } from '../models/call-context.ts';
import type { LoadedVersion } from '../models/loaded-version.ts';
import { LAST_PRIORITY } from '../scheduling/priority-queue.ts';
import type { FollowUp } from './follow-up.ts';
import type { ChosenVersions } from './version-chooser.ts';

/** The versions that a request was routed to. */
export interface RouteChoice {
  /** The version of the model; undefined while none is loaded and its fallback answers. */
  readonly primary: LoadedVersion | undefined;
  /** The version that is expected to answer: the primary one, else that of the fallback. */
  readonly answering: LoadedVersion;
  /** Undefined for a request that names a version: no other one may answer it. */
  readonly fallback: FallbackRoute | undefined;
  /** Choice of the router of the server. */
  readonly chosen?: ChosenVersions | undefined;
}

/** Options of a {@link ModelRoute}. */
export interface ModelRouteOptions {
  readonly requestTimeoutMs: number;
  readonly followUp: FollowUp | undefined;
}

/**
 * The route of one request: the version that it was routed to once, which checks, decodes and answers it.
 *
 * Only where that version is unloaded before the request was received, another one is chosen.
 */
export class ModelRoute {
  readonly #choose: () => RouteChoice;
  readonly #options: ModelRouteOptions;
  #choice: RouteChoice;

  /**
   * @param choose - routes the request; called now, and again when the version is no longer live
   * @internal
   */
  constructor(choose: () => RouteChoice, options: ModelRouteOptions) {
    this.#choose = choose;
    this.#options = options;
    this.#choice = choose();
  }

  /** The signature of the version that is expected to answer. */
  get signature(): Signature {
    return this.#choice.answering.signature;
  }

  /** The version that is expected to answer. */
  get version(): LoadedVersion {
    return this.#choice.answering;
  }

  /**
   * Rejects a request that is still to be received, while the queue is full, in all or for its client.
   *
   * @throws ServingError `ERR_SERVING_OVERLOADED`, `ERR_SERVING_CLIENT_LIMIT`.
   */
  refuseIfFull(client?: string): void {
    const { answering, chosen } = this.#choice;
    try {
      answering.refuseIfFull(client);
    } catch (error) {
      chosen?.routed?.rejected(error);
      throw error;
    }
  }

  /**
   * Decodes and answers the request.
   *
   * `decode` gets the signature of the version; its errors count as a failed request of that version.
   *
   * @throws ServingError naming the model, version or limit; SignatureError when the tensors don't match the signature.
   */
  infer<D extends DecodedRequest>(
    decode: (signature: Signature) => D,
    context: InferContext = {},
  ): Promise<Inferred<D>> {
    if (this.#choice.answering.draining) this.#choice = this.#choose();
    const { primary, answering, fallback, chosen } = this.#choice;
    const { requestTimeoutMs, followUp } = this.#options;
    const { timeoutMs = requestTimeoutMs, background = false } = context;
    const maxMs = background ? Infinity : requestTimeoutMs;
    const call: CallContext = {
      deadlineAt: performance.now() + Math.min(timeoutMs, maxMs),
      priority: background ? LAST_PRIORITY : undefined,
      requestId: context.requestId,
      trace: context.trace,
      signal: context.signal,
      client: context.client,
      charge: context.charge,
      // A fallback may compute them again.
      needsInputs: (label) =>
        fallback !== undefined || followUp?.needsInputs(label, context, chosen) === true,
    };
    const inference =
      fallback === undefined
        ? answering.infer(decode, call)
        : fallback.infer(primary, decode, call, () => chosen?.routed?.fellBack());
    const followed = chosen?.routed?.follow(inference, requestTimeoutMs) ?? inference;
    const variant = chosen?.variant;
    const routed =
      variant === undefined
        ? followed
        : followed.then((inferred) => ({ ...inferred, result: { ...inferred.result, variant } }));
    return followUp === undefined ? routed : followUp.after(routed, context, chosen);
  }
}
