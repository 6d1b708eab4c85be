import { FallbackRoute } from '../fallback/fallback-route.ts';
import type {
  InferContext,
  InferRequest,
  InferResult,
  InferTarget,
} from '../inference/infer-request.ts';
import {
  checkModelServerOptions,
  type CheckedOptions,
  type ModelServerOptions,
  type ServeOptions,
} from './model-server-options.ts';
import { LoadQueue } from '../models/load-queue.ts';
import type { LoadedVersion } from '../models/loaded-version.ts';
import { indexModels, type ModelIndexEntry } from '../models/model-index.ts';
import type { ModelStatus } from '../models/model-status.ts';
import { ServedModel } from '../models/served-model.ts';
import { LAST_PRIORITY } from '../scheduling/priority-queue.ts';
import type { ServingEvent } from '../models/serving-event.ts';
import { ServingError } from '../errors/serving-error.ts';

/** A live set of models, each of which follows its alias; answers requests for inference. */
export class ModelServer {
  readonly #options: CheckedOptions;
  readonly #models = new Map<string, ServedModel>();
  readonly #leaving = new Map<string, Promise<void>>();
  /** How models were served last, which is how they are loaded again. */
  readonly #how = new Map<string, ServeOptions>();
  readonly #tried = new Set<string>();
  readonly #fallbacks = new Map<string, FallbackRoute>();
  readonly #loads = new LoadQueue();
  #closing: Promise<void> | undefined;
  #draining = false;

  /** @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the option and its value. */
  constructor(options: ModelServerOptions) {
    this.#options = checkModelServerOptions(options);
  }

  /**
   * Serves a model by following one of its aliases; resolves at the end of the first attempt to load.
   *
   * A model that can't be loaded doesn't throw: it isn't ready, its status says why, and loading goes on being tried.
   *
   * @throws ServingError `ERR_SERVING_INVALID_OPTION` when the model is served already or its own fallback,
   * `ERR_SERVING_NO_ROOM` when as many are as may, `ERR_SERVING_CLOSED` after close.
   */
  async serve(
    model: string,
    options: ServeOptions = this.#options.serveOptions(model),
  ): Promise<void> {
    const { alias = this.#options.alias, cache, fallback } = options;
    // What is told of the version that leaves must not be taken for the one that comes.
    while (this.#leaving.has(model)) await this.#leaving.get(model);
    if (this.#closing) throw closed();
    if (this.#models.has(model)) {
      throw new ServingError('ERR_SERVING_INVALID_OPTION', `model "${model}" is served already`);
    }
    const { maxModels } = this.#options;
    if (this.#models.size + this.#leaving.size >= maxModels) {
      const message = `as many models are served as may, ${maxModels}; unload one before "${model}" is loaded`;
      throw new ServingError('ERR_SERVING_NO_ROOM', message);
    }
    if (typeof fallback === 'object' && fallback.model === model) {
      const message = `model "${model}" can't be its own fallback; name another, or "previous-version"`;
      throw new ServingError('ERR_SERVING_INVALID_OPTION', message);
    }
    const { observer, onEvent: tell = () => undefined } = this.#options;
    const onEvent = (event: ServingEvent): void => {
      tell(event);
      if (event.type === 'swapped') for (const route of this.#fallbacks.values()) route.check();
    };
    const { maxBatchRows: maxRows, maxBatchBytes: maxBytes, maxQueued } = this.#options;
    const served = new ServedModel({
      ...this.#options,
      model,
      alias,
      observer,
      onEvent,
      batching: { maxRows, maxBytes },
      maxQueued,
      loads: this.#loads,
      cache,
      keepsPrevious: fallback === 'previous-version',
    });
    this.#models.set(model, served);
    this.#how.set(model, options);
    if (fallback !== undefined) {
      const route = new FallbackRoute({
        model,
        primary: () => served.current,
        standIn: () =>
          fallback === 'previous-version'
            ? served.previous
            : this.#models.get(fallback.model)?.current,
        observer,
        onEvent,
      });
      this.#fallbacks.set(model, route);
    }
    await served.firstLoad;
    if (served.current === undefined && this.#isClosing()) throw closed();
  }

  /**
   * Has a model answer with the newest version of its alias: begins to serve it, or looks at once where the alias points.
   *
   * Unlike {@link serve} it throws when that fails; a model that wasn't served before isn't served then. Without `options` it
   * is served as it was the last time.
   *
   * @throws ServingError `ERR_SERVING_LOAD_FAILED` saying why, `ERR_SERVING_MODEL_NOT_FOUND` when the source has no such
   * model, or the model has no such alias, `ERR_SERVING_NO_ROOM`, `ERR_SERVING_CLOSED`.
   */
  async load(
    model: string,
    options: ServeOptions | undefined = this.#how.get(model),
  ): Promise<void> {
    const known = await this.#options.source.list?.();
    if (known?.every((each) => each.model !== model) === true) {
      throw new ServingError('ERR_SERVING_MODEL_NOT_FOUND', `there is no model "${model}" to load`);
    }
    while (this.#leaving.has(model)) await this.#leaving.get(model);
    const present = this.#models.get(model);
    if (present === undefined) await this.#loadAnew(model, options);
    else
      await present.refresh().catch((cause: unknown) => Promise.reject(loadFailed(model, cause)));
  }

  async #loadAnew(model: string, options: ServeOptions | undefined): Promise<void> {
    // A server that answers for other models doesn't cease to be ready because one more is tried.
    this.#tried.add(model);
    try {
      await this.serve(model, options);
      const served = this.#models.get(model);
      if (served?.current !== undefined) return;
      if (served !== undefined) await this.#leave(served);
      const { alias = this.#options.alias } = options ?? this.#options.serveOptions(model);
      const cause: unknown = await this.#options.source.resolve(model, alias).then(
        () => undefined,
        (error: unknown) => error,
      );
      throw loadFailed(
        model,
        isNotFound(cause) ? cause : (served?.problem ?? 'it was unloaded meanwhile'),
      );
    } finally {
      this.#tried.delete(model);
    }
  }

  /**
   * Ends serving a model: new requests find none at once, those in flight are answered, then its memory is given back.
   *
   * @throws ServingError `ERR_SERVING_MODEL_NOT_FOUND` when it isn't served.
   */
  async unserve(model: string): Promise<void> {
    const leaving = this.#leaving.get(model);
    await (this.#models.has(model) || leaving === undefined
      ? this.#leave(this.#model(model))
      : leaving);
  }

  #leave(served: ServedModel): Promise<void> {
    const { name } = served;
    // Another one may have come in its place.
    if (this.#models.get(name) !== served) return this.#leaving.get(name) ?? Promise.resolve();
    this.#models.delete(name);
    this.#fallbacks.delete(name);
    const left = served.close().finally(() => this.#leaving.delete(name));
    this.#leaving.set(name, left);
    return left;
  }

  /** Every model that is served, is being unloaded, or could be loaded, with how it is doing; by name. */
  index(): Promise<readonly ModelIndexEntry[]> {
    return indexModels(this.#models.values(), this.#leaving.keys(), this.#options.source);
  }

  /**
   * Answers one request.
   *
   * `request` may be a function that decodes it: what it throws counts as a failed request of that model.
   *
   * @throws ServingError naming the model, version or limit; SignatureError when the tensors don't fit.
   */
  async infer(
    target: InferTarget,
    request: InferRequest | (() => InferRequest),
    context: InferContext = {},
  ): Promise<InferResult> {
    const { requestTimeoutMs } = this.#options;
    const { timeoutMs = requestTimeoutMs, background = false, ...rest } = context;
    const mostMs = background ? Infinity : requestTimeoutMs;
    const deadlineAt = performance.now() + Math.min(timeoutMs, mostMs);
    const given = typeof request === 'function' ? request : () => request;
    const read = background ? () => ({ ...given(), priority: LAST_PRIORITY }) : given;
    const fallback = this.#fallbackOf(target);
    if (fallback === undefined) return this.find(target).infer(read, { ...rest, deadlineAt });
    if (this.#closing) throw closed();
    return fallback.infer(read, { ...rest, deadlineAt }, () => notReady(this.#model(target.model)));
  }

  /**
   * The loaded version that a request for `target` would get now.
   *
   * @throws ServingError `ERR_SERVING_MODEL_NOT_FOUND`, `ERR_SERVING_VERSION_NOT_FOUND`, `ERR_SERVING_NOT_READY` or
   * `ERR_SERVING_CLOSED`.
   */
  find({ model, version }: InferTarget): LoadedVersion {
    const served = this.#model(model);
    const { current } = served;
    if (this.#closing) throw closed();
    if (current === undefined) throw notReady(served);
    if (version !== undefined && version !== current.label.version) {
      throw new ServingError(
        'ERR_SERVING_VERSION_NOT_FOUND',
        `model "${model}" has no version ${version} loaded; loaded: ${current.label.version}`,
      );
    }
    return current;
  }

  /**
   * The loaded version that a request for `target` would be answered by now: a fallback's while the model itself has none.
   *
   * @throws ServingError as `find` does.
   */
  answering(target: InferTarget): LoadedVersion {
    const { current } = this.#model(target.model);
    const standIn = current === undefined ? this.#fallbackOf(target)?.standIn() : undefined;
    return standIn === undefined || this.#closing ? this.find(target) : standIn;
  }

  /** The versions that can answer now: of each model that has one the current one, and one that is kept as its fallback. */
  get loaded(): readonly LoadedVersion[] {
    return [...this.#models.values()].flatMap(({ current, previous }) =>
      [current, previous].flatMap((each) => each ?? []),
    );
  }

  /** Names of the served models. */
  get models(): readonly string[] {
    return [...this.#models.keys()];
  }

  /**
   * How one model is doing, asked of its runtime.
   *
   * @throws ServingError `ERR_SERVING_MODEL_NOT_FOUND`.
   */
  async status(model: string): Promise<ModelStatus> {
    const { name, current, problem } = this.#model(model);
    const unhealthy = current && (await current.runtime.unhealthy());
    const reason = unhealthy ?? problem ?? this.#options.source.outdated?.(name);
    return {
      name,
      ready: current !== undefined && unhealthy === undefined && !this.#draining,
      ...(current && {
        version: current.label.version,
        platform: current.runtime.platform,
        signature: current.signature,
      }),
      ...(reason !== undefined && { reason }),
    };
  }

  /** Whether every served model can answer; a server without models, or one that drains, isn't ready. */
  async ready(): Promise<boolean> {
    const models = this.models.filter((model) => !this.#tried.has(model));
    if (this.#draining || models.length === 0) return false;
    const statuses = await Promise.all(models.map((model) => this.status(model)));
    return statuses.every((status) => status.ready);
  }

  /** Whether the server was told to drain: it goes on answering, but is not ready. */
  get draining(): boolean {
    return this.#draining;
  }

  /** Makes the server not ready at once, so that load balancers look elsewhere; requests are still answered. */
  drain(): void {
    this.#draining = true;
  }

  /** Answers what is in flight, refuses the rest, and gives every runtime back. */
  async close(): Promise<void> {
    this.#draining = true;
    this.#closing ??= Promise.all([
      ...[...this.#models.values()].map((model) => model.close()),
      ...this.#leaving.values(),
    ]).then(() => undefined);
    await this.#closing;
  }

  /** Asked again after a wait. */
  #isClosing(): boolean {
    return this.#closing !== undefined;
  }

  /** Who names a version wants that one and no other. */
  #fallbackOf({ model, version }: InferTarget): FallbackRoute | undefined {
    return version === undefined ? this.#fallbacks.get(model) : undefined;
  }

  #model(name: string): ServedModel {
    const served = this.#models.get(name);
    if (served !== undefined) return served;
    const known = this.models.map((each) => `"${each}"`).join(', ') || 'none';
    throw new ServingError(
      'ERR_SERVING_MODEL_NOT_FOUND',
      `no model "${name}" is served; served: ${known}`,
    );
  }
}

function loadFailed(model: string, cause: unknown): ServingError {
  if (cause instanceof ServingError && cause.code === 'ERR_SERVING_CLOSED') return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `model "${model}" can't be loaded: ${reason}`;
  const code = isNotFound(cause) ? 'ERR_SERVING_MODEL_NOT_FOUND' : 'ERR_SERVING_LOAD_FAILED';
  return new ServingError(code, message, { cause });
}

/** Whether a source says with its error's code that it has no such model, alias or version. */
function isNotFound(cause: unknown): cause is Error {
  if (!(cause instanceof Error) || cause instanceof ServingError || !('code' in cause))
    return false;
  return typeof cause.code === 'string' && cause.code.endsWith('_NOT_FOUND');
}

function notReady({ name, problem }: ServedModel): ServingError {
  const message = `model "${name}" is not ready: ${problem ?? 'loading'}`;
  return new ServingError('ERR_SERVING_NOT_READY', message);
}

function closed(): ServingError {
  return new ServingError(
    'ERR_SERVING_CLOSED',
    'the model server is shutting down; ask another host',
  );
}
