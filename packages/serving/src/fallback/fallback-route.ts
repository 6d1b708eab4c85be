import type { Signature } from '@fairlead/signature';
import type { InferenceObserver } from '../inference/inference-observer.ts';
import type { InferRequest, InferResult } from '../inference/infer-request.ts';
import type { CallContext, LoadedVersion } from '../models/loaded-version.ts';
import { ServingError } from '../errors/serving-error.ts';
import type { ServingEvent } from '../models/serving-event.ts';
import type { FallbackNote, FallbackReason } from '../inference/fallback-note.ts';
import { isRuntimeFault } from '../errors/runtime-fault.ts';
import { whyNotInterchangeable } from './why-not-interchangeable.ts';

/** What a {@link FallbackRoute} needs. */
export interface FallbackRouteOptions {
  readonly model: string;
  /** The model's own version, if it has one. */
  readonly primary: () => LoadedVersion | undefined;
  /** The version that is to stand in, if there is one. */
  readonly standIn: () => LoadedVersion | undefined;
  readonly observer: InferenceObserver | undefined;
  readonly onEvent: (event: ServingEvent) => void;
}

const EVENT_INTERVAL_MS = 10_000;

/** Answers requests of one model, by its fallback where the model itself can't; never by a fallback's fallback. */
export class FallbackRoute {
  readonly #options: FallbackRouteOptions;
  readonly #fits = new WeakMap<Signature, WeakMap<Signature, boolean>>();
  #requests = 0;
  #toldAt = -Infinity;

  constructor(options: FallbackRouteOptions) {
    this.#options = options;
  }

  /** The version that would stand in now: one that is loaded, fits and isn't left alone itself. */
  standIn(): LoadedVersion | undefined {
    const standIn = this.#options.standIn();
    if (standIn === undefined || standIn.circuitOpen) return undefined;
    return this.#isFit(this.#options.primary(), standIn) ? standIn : undefined;
  }

  /** Tells at once that the fallback doesn't fit, rather than when it is needed. */
  check(): void {
    const standIn = this.#options.standIn();
    if (standIn !== undefined) this.#isFit(this.#options.primary(), standIn);
  }

  /**
   * Answers one request.
   *
   * @throws what the model throws if that isn't for a fallback or there is none, else what the fallback throws.
   */
  async infer(
    read: () => InferRequest,
    context: CallContext,
    notReady: () => ServingError,
  ): Promise<InferResult> {
    const startedAt = performance.now();
    const primary = this.#options.primary();
    let request: InferRequest | undefined;
    const readOnce = (): InferRequest => (request ??= read());
    let reason: FallbackReason | undefined;
    if (primary === undefined) reason = 'not-ready';
    else {
      try {
        return await primary.infer(readOnce, context, (error) => {
          reason = reasonOf(error);
          return reason !== undefined && this.standIn() !== undefined;
        });
      } catch (error) {
        if (reason === undefined || this.standIn() === undefined) throw error;
      }
    }
    const standIn = this.standIn();
    if (standIn === undefined) throw notReady();
    const { model } = this.#options;
    const note = { reason, model, ...(primary && { version: primary.label.version }) };
    this.#tell(note, standIn);
    const deadlineAt = Math.min(context.deadlineAt, startedAt + (request?.timeoutMs ?? Infinity));
    const result = await standIn.infer(readOnce, { ...context, deadlineAt });
    return { ...result, fallback: note };
  }

  #isFit(primary: LoadedVersion | undefined, standIn: LoadedVersion): boolean {
    // Without a version of the model there is no signature to hold the other against.
    if (primary === undefined) return true;
    let fits = this.#fits.get(primary.signature);
    if (fits === undefined) this.#fits.set(primary.signature, (fits = new WeakMap()));
    const known = fits.get(standIn.signature);
    if (known !== undefined) return known;
    const reason = whyNotInterchangeable(primary.signature, standIn.signature);
    fits.set(standIn.signature, reason === undefined);
    if (reason !== undefined) {
      const { model, onEvent } = this.#options;
      onEvent({ type: 'fallback-unfit', model, fallbackModel: standIn.label.model, reason });
    }
    return reason === undefined;
  }

  #tell(note: FallbackNote, { label }: LoadedVersion): void {
    const fallback = { fallbackModel: label.model, fallbackVersion: label.version };
    this.#options.observer?.fellBack?.({ ...note, ...fallback });
    this.#requests += 1;
    const now = performance.now();
    if (now - this.#toldAt < EVENT_INTERVAL_MS) return;
    const { model, reason } = note;
    const requests = this.#requests;
    this.#toldAt = now;
    this.#requests = 0;
    this.#options.onEvent({ type: 'fell-back', model, ...fallback, reason, requests });
  }
}

/** Undefined for what another model wouldn't do better, or mustn't be asked to. */
function reasonOf(error: unknown): FallbackReason | undefined {
  if (!(error instanceof ServingError)) return undefined;
  if (error.code === 'ERR_SERVING_CIRCUIT_OPEN') return 'circuit-open';
  return isRuntimeFault(error) ? 'failed' : undefined;
}
