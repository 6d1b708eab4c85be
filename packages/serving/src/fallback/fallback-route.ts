import type { Signature } from '@fairlead/signature';
import type { RequestCost } from '../inference/charge.ts';
import type { InferenceObserver } from '../inference/inference-observer.ts';
import type { DecodedRequest, Inferred } from '../inference/infer-request.ts';
import type { CallContext } from '../models/call-context.ts';
import type { LoadedVersion } from '../models/loaded-version.ts';
import { ServingError } from '../errors/serving-error.ts';
import type { ServingEvent } from '../models/serving-event.ts';
import type { FallbackNote, FallbackReason } from '../inference/fallback-note.ts';
import { isRuntimeFault } from '../errors/runtime-fault.ts';
import { whyNotInterchangeable } from './why-not-interchangeable.ts';

/** Options of a {@link FallbackRoute}. */
export interface FallbackRouteOptions {
  readonly model: string;
  /** The loaded version of the fallback, if there is one. */
  readonly fallbackVersion: () => LoadedVersion | undefined;
  /** The error for a request that neither the model nor the fallback can answer. */
  readonly notReady: () => ServingError;
  readonly observer: InferenceObserver | undefined;
  readonly onEvent: (event: ServingEvent) => void;
}

const EVENT_INTERVAL_MS = 10_000;

/** Answers requests of one model, by its fallback where the model itself can't; never by a fallback's fallback. */
export class FallbackRoute {
  readonly #options: FallbackRouteOptions;
  readonly #compatible = new WeakMap<Signature, WeakMap<Signature, boolean>>();
  #requests = 0;
  #reportedAt = -Infinity;

  constructor(options: FallbackRouteOptions) {
    this.#options = options;
  }

  /** The version that would answer in place of `primary` now: one that is loaded, is compatible and has a closed circuit. */
  fallbackVersion(primary: LoadedVersion | undefined): LoadedVersion | undefined {
    const fallbackVersion = this.#options.fallbackVersion();
    if (fallbackVersion === undefined || fallbackVersion === primary || fallbackVersion.circuitOpen)
      return undefined;
    return this.#isCompatible(primary, fallbackVersion) ? fallbackVersion : undefined;
  }

  /** Reports at once that the fallback isn't compatible, rather than when it is needed. */
  check(primary: LoadedVersion | undefined): void {
    const fallbackVersion = this.#options.fallbackVersion();
    if (fallbackVersion !== undefined) this.#isCompatible(primary, fallbackVersion);
  }

  /**
   * Answers one request by `primary`, else by the fallback; `onFallback` is called before the latter is tried.
   *
   * @throws what the model throws if that isn't for a fallback or there is none, else what the fallback throws.
   */
  async infer<D extends DecodedRequest>(
    primary: LoadedVersion | undefined,
    decode: (signature: Signature) => D,
    context: CallContext,
    onFallback?: () => void,
  ): Promise<Inferred<D>> {
    const startedAt = performance.now();
    // The request is decoded once, whichever version answers it.
    let decoded: D | undefined;
    const decodeOnce = (signature: Signature): D => (decoded ??= decode(signature));
    // The version that failed may not have reached the charge.
    let charged = false;
    const charge =
      context.charge &&
      ((cost: RequestCost) => {
        if (charged) return undefined;
        charged = true;
        return context.charge?.(cost);
      });
    let reason: FallbackReason = 'not-ready';
    if (primary !== undefined) {
      try {
        return await primary.infer(
          decodeOnce,
          { ...context, charge },
          (error) => reasonOf(error) !== undefined && this.fallbackVersion(primary) !== undefined,
        );
      } catch (error) {
        const found = reasonOf(error);
        if (found === undefined || this.fallbackVersion(primary) === undefined) throw error;
        reason = found;
      }
    }
    const fallbackVersion = this.fallbackVersion(primary);
    if (fallbackVersion === undefined) throw this.#options.notReady();
    const { model } = this.#options;
    const note = { reason, model, ...(primary && { version: primary.label.version }) };
    this.#report(note, fallbackVersion);
    onFallback?.();
    const timeoutMs = decoded?.request.timeoutMs ?? Infinity;
    const deadlineAt = Math.min(context.deadlineAt, startedAt + timeoutMs);
    const inferred = await fallbackVersion.infer(decodeOnce, { ...context, deadlineAt, charge });
    const { signature } = primary ?? inferred;
    return { ...inferred, signature, result: { ...inferred.result, fallback: note } };
  }

  #isCompatible(primary: LoadedVersion | undefined, fallbackVersion: LoadedVersion): boolean {
    // Without a version of the model there is no signature to hold the other against.
    if (primary === undefined) return true;
    let known = this.#compatible.get(primary.signature);
    if (known === undefined) this.#compatible.set(primary.signature, (known = new WeakMap()));
    const answer = known.get(fallbackVersion.signature);
    if (answer !== undefined) return answer;
    const reason = whyNotInterchangeable(primary.signature, fallbackVersion.signature);
    known.set(fallbackVersion.signature, reason === undefined);
    if (reason !== undefined) {
      const { model, onEvent } = this.#options;
      onEvent({
        type: 'fallback-incompatible',
        model,
        fallbackModel: fallbackVersion.label.model,
        reason,
      });
    }
    return reason === undefined;
  }

  #report(note: FallbackNote, { label }: LoadedVersion): void {
    const fallback = { fallbackModel: label.model, fallbackVersion: label.version };
    this.#options.observer?.fallbackUsed?.({ ...note, ...fallback });
    this.#requests += 1;
    const now = performance.now();
    if (now - this.#reportedAt < EVENT_INTERVAL_MS) return;
    const { model, reason } = note;
    const requests = this.#requests;
    this.#reportedAt = now;
    this.#requests = 0;
    this.#options.onEvent({ type: 'fallback-used', model, ...fallback, reason, requests });
  }
}

/** Undefined for errors that another model would have as well, and for requests that must not be repeated. */
function reasonOf(error: unknown): FallbackReason | undefined {
  if (!(error instanceof ServingError)) return undefined;
  if (error.code === 'ERR_SERVING_CIRCUIT_OPEN') return 'circuit-open';
  return isRuntimeFault(error) ? 'failed' : undefined;
}
