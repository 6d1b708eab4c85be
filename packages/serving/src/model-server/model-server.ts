import type { Signature } from '@fairlead/signature';
import type {
  DecodedRequest,
  Inferred,
  InferContext,
  InferRequest,
  InferResult,
  InferTarget,
} from '../inference/infer-request.ts';
import type { InferenceTracer } from '../inference/inference-tracer.ts';
import type { VersionRole } from '../inference/version-router.ts';
import type { LoadedVersion } from '../models/loaded-version.ts';
import type { ModelIndexEntry } from '../models/model-index.ts';
import type { ModelStatus } from '../models/model-status.ts';
import type { ServedModel } from '../models/served-model.ts';
import { FollowUp, NO_RECORDER } from './follow-up.ts';
import { notReady, serverClosed, versionNotFound } from './load-errors.ts';
import { ModelRoute, type RouteChoice } from './model-route.ts';
import {
  checkModelServerOptions,
  type CheckedOptions,
  type ModelServerOptions,
  type ServeOptions,
} from './model-server-options.ts';
import { ServedModels } from './served-models.ts';
import { VersionChooser } from './version-chooser.ts';

/**
 * A live set of models, each of which follows its alias; answers requests for inference.
 *
 * @example
 * ```ts
 * import { ModelServer } from '@fairlead/serving';
 *
 * const source = {
 *   resolve: async () => ({ version: 1 }),
 *   follow: async function* () {},
 *   openVersion: async () => Promise.reject(new Error('no artifacts')),
 * };
 * const models = new ModelServer({ source, runtimes: {} });
 * console.log(models.models, await models.ready()); // [] false
 * await models.close();
 * ```
 */
export class ModelServer {
  readonly #options: CheckedOptions;
  readonly #models: ServedModels;
  readonly #chooser: VersionChooser | undefined;
  readonly #followUp: FollowUp | undefined;
  #draining = false;
  #preparations = 0;

  /** @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the option and its value. */
  constructor(options: ModelServerOptions) {
    this.#options = checkModelServerOptions(options);
    this.#models = new ServedModels(this.#options);
    const { router, onEvent = () => undefined } = this.#options;
    // Copies for shadows run also where nothing is recorded.
    const recorder = this.#options.recorder ?? (router && NO_RECORDER);
    this.#chooser = router && new VersionChooser(router, onEvent);
    this.#followUp = recorder && new FollowUp({ ...this.#options, recorder, onEvent });
  }

  /**
   * Serves a model by following one of its aliases; resolves at the end of the first attempt to load.
   *
   * A model that can't be loaded doesn't throw: it isn't ready, its status says why, and loading is retried.
   *
   * @throws ServingError `ERR_SERVING_INVALID_OPTION` when the model is served already or its own fallback,
   * `ERR_SERVING_NO_ROOM` when the limit of served models is reached, `ERR_SERVING_CLOSED` after close.
   */
  async serve(model: string, options?: ServeOptions): Promise<void> {
    await this.#models.serve(model, options);
  }

  /**
   * Loads the version that the alias of a model points to now: starts serving the model, or resolves its alias at once.
   *
   * Unlike {@link serve} it throws when that fails; a model that wasn't served before isn't served then. Without `options` it
   * is served as it was the last time.
   *
   * @throws ServingError `ERR_SERVING_LOAD_FAILED` saying why, `ERR_SERVING_MODEL_NOT_FOUND` when the source has no such
   * model, or the model has no such alias, `ERR_SERVING_NO_ROOM`, `ERR_SERVING_CLOSED`.
   */
  async load(model: string, options?: ServeOptions): Promise<void> {
    await this.#models.load(model, options);
  }

  /**
   * Stops serving a model: new requests get an error at once, those in flight are answered, then its memory is released.
   *
   * @throws ServingError `ERR_SERVING_MODEL_NOT_FOUND` when it isn't served.
   */
  async unload(model: string): Promise<void> {
    await this.#models.unload(model);
  }

  /** Lists every model that is served, is being unloaded, or could be loaded, with its state; by name. */
  listModels(): Promise<readonly ModelIndexEntry[]> {
    return this.#models.list();
  }

  /**
   * Answers one request.
   *
   * @throws ServingError naming the model, version or limit; SignatureError when the tensors don't match the signature.
   */
  infer(target: InferTarget, request: InferRequest, context?: InferContext): Promise<InferResult>;
  /**
   * Decodes and answers one request: `decode` gets the signature of the version that was chosen, and what it returns is
   * part of the result.
   *
   * @throws ServingError and SignatureError as above, and what `decode` throws, which counts as a failed request.
   */
  infer<D extends DecodedRequest>(
    target: InferTarget,
    decode: (signature: Signature) => D,
    context?: InferContext,
  ): Promise<Inferred<D>>;
  async infer<D extends DecodedRequest>(
    target: InferTarget,
    request: InferRequest | ((signature: Signature) => D),
    context: InferContext = {},
  ): Promise<InferResult | Inferred<D>> {
    const route = this.route(target, routingKey(context));
    if (typeof request === 'function') return route.infer(request, context);
    return (await route.infer(() => ({ request }), context)).result;
  }

  /**
   * Routes a request: chooses the version that answers it, once for all that happens with the request.
   *
   * @param key - the routing key, by which the server's `router` chooses
   * @throws ServingError `ERR_SERVING_MODEL_NOT_FOUND`, `ERR_SERVING_VERSION_NOT_FOUND`, `ERR_SERVING_NOT_READY` or
   * `ERR_SERVING_CLOSED`.
   */
  route(target: InferTarget, key?: string): ModelRoute {
    const { requestTimeoutMs } = this.#options;
    return new ModelRoute(() => this.#choose(target, key), {
      requestTimeoutMs,
      followUp: this.#followUp,
    });
  }

  /**
   * The loaded version that a request for `target` would get now, without a router and without fallback.
   *
   * @throws ServingError `ERR_SERVING_MODEL_NOT_FOUND`, `ERR_SERVING_VERSION_NOT_FOUND`, `ERR_SERVING_NOT_READY` or
   * `ERR_SERVING_CLOSED`.
   */
  find({ model, version }: InferTarget): LoadedVersion {
    const served = this.#models.get(model);
    if (this.#models.closing) throw serverClosed();
    const { current } = served.model;
    const found = version === undefined ? current : served.model.find(version);
    if (found !== undefined) return found;
    if (current === undefined) throw notReady(served.model);
    throw versionNotFound(model, version ?? '', versionNumbers(served.model));
  }

  /** The versions that are live: of each model the current one first. */
  get loadedVersions(): readonly LoadedVersion[] {
    return this.#models.all.flatMap(({ model }) => model.live);
  }

  /**
   * The versions of a model that a request may name, that of the alias first.
   *
   * @throws ServingError `ERR_SERVING_MODEL_NOT_FOUND`.
   */
  versionsOf(model: string): readonly string[] {
    return versionNumbers(this.#models.get(model).model);
  }

  /** Returns whether a version of a model is live, so that a router may choose it: to answer, or as the shadow of the one that answers. */
  isLive(model: string, version: string, role: VersionRole): boolean {
    return this.#models.find(model)?.model.findFor(role, version) !== undefined;
  }

  /**
   * Runs the golden examples of a live version again, beside its requests and after all that wait: a version whose session or upstream changes while it serves
   * answers them in another way than at its load.
   *
   * @returns the first difference, such as `golden example 0 differs: output "y" is 4 at element 0, expected 3 within 0.0003`; undefined without one
   * @throws ServingError `ERR_SERVING_MODEL_NOT_FOUND`, `ERR_SERVING_VERSION_NOT_FOUND`, and what an execution throws, which says nothing about the outputs.
   */
  async checkGoldenExamples(model: string, version: string): Promise<string | undefined> {
    const { requestTimeoutMs } = this.#options;
    const mismatch = await this.find({ model, version }).checkGoldenExamples(requestTimeoutMs);
    return mismatch && `golden example ${mismatch.index} differs: ${mismatch.difference}`;
  }

  /** The tracer of the options; it never throws. */
  get tracer(): InferenceTracer | undefined {
    return this.#options.tracer;
  }

  /** Names of the served models. */
  get models(): readonly string[] {
    return this.#models.names;
  }

  /**
   * Reads the state of a model, or of one of its live versions, from its runtime.
   *
   * @throws ServingError `ERR_SERVING_MODEL_NOT_FOUND`.
   */
  async status(model: string, version?: string): Promise<ModelStatus> {
    const served = this.#models.get(model).model;
    const { name, current, problem } = served;
    const found = version === undefined ? current : served.find(version);
    const unhealthy = found && (await found.runtime.unhealthy());
    const reason = unhealthy ?? problem ?? this.#options.source.outdated?.(name);
    return {
      name,
      ready: found !== undefined && unhealthy === undefined && !this.#draining,
      versions: versionNumbers(served),
      ...(found && {
        version: found.label.version,
        platform: found.runtime.platform,
        signature: found.signature,
      }),
      ...(reason !== undefined && { reason }),
    };
  }

  /**
   * Resolves to whether every model that readiness requires can answer; where it requires none, whether any can. A server
   * without models, or one that drains, isn't ready.
   */
  async ready(): Promise<boolean> {
    const settled = this.#models.settledNames;
    if (this.#draining || this.#preparations > 0 || settled.length === 0) return false;
    const required = settled.filter((model) => this.#models.isRequired(model));
    const isReady = async (model: string): Promise<boolean> => (await this.status(model)).ready;
    const answers = await Promise.all((required.length > 0 ? required : settled).map(isReady));
    return required.length > 0 ? answers.every(Boolean) : answers.some(Boolean);
  }

  /**
   * Keeps the server not ready until `preparation` settles, such as a warm-up; requests are answered.
   *
   * @returns what `preparation` resolves to
   * @throws what `preparation` rejects with.
   */
  async readyAfter<T>(preparation: Promise<T>): Promise<T> {
    this.#preparations += 1;
    try {
      return await preparation;
    } finally {
      this.#preparations -= 1;
    }
  }

  /** True if the server drains: it still answers, but is not ready. */
  get draining(): boolean {
    return this.#draining;
  }

  /** Makes the server not ready at once, so that load balancers send requests elsewhere; requests are still answered. */
  drain(): void {
    this.#draining = true;
  }

  /** Answers requests in flight, rejects further ones, and closes every runtime. */
  async close(): Promise<void> {
    this.#draining = true;
    await this.#models.close();
    await this.#followUp?.close();
  }

  #choose(target: InferTarget, key: string | undefined): RouteChoice {
    if (target.version !== undefined) {
      const pinned = this.find(target);
      return { primary: pinned, answering: pinned, fallback: undefined };
    }
    const { model, fallback, routedFallback } = this.#models.getForInference(target.model);
    if (this.#models.closing) throw serverClosed();
    const chosen = this.#chooser?.choose(model, target, key);
    const primary = chosen?.version ?? model.current;
    const answering = primary ?? fallback?.fallbackVersion(undefined);
    if (answering === undefined) throw notReady(model);
    // A version under trial that fails must not cost the client its answer.
    const isAlias = primary === model.current;
    return { primary, answering, fallback: isAlias ? fallback : routedFallback, chosen };
  }
}

function routingKey({ routingKey: key, client, requestId }: InferContext): string | undefined {
  return key ?? client ?? requestId;
}

/** Versions that a request may name; while a version moves out of the background it is live twice. */
function versionNumbers({ live }: ServedModel): readonly string[] {
  return [...new Set(live.map(({ label }) => label.version))];
}
