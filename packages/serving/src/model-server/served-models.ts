import { checkOptions } from '../errors/check-options.ts';
import { ServingError } from '../errors/serving-error.ts';
import { FallbackRoute } from '../fallback/fallback-route.ts';
import { LoadQueue } from '../models/load-queue.ts';
import type { LoadedVersion } from '../models/loaded-version.ts';
import { indexModels, type ModelIndexEntry } from '../models/model-index.ts';
import { ServedModel } from '../models/served-model.ts';
import type { ServingEvent } from '../models/serving-event.ts';
import { isNotFound, loadFailed, notReady, serverClosed } from './load-errors.ts';
import type { CheckedOptions, ServeOptions } from './model-server-options.ts';
import { serveOptionNames } from './model-server-options.ts';

/** A served model with its fallback. */
export interface Served {
  readonly model: ServedModel;
  readonly fallback: FallbackRoute | undefined;
  /** Answers by the version of the alias where another one, which the router chose, fails. */
  readonly routedFallback: FallbackRoute;
}

/** The models of a server: serves, loads and unloads them. */
export class ServedModels {
  readonly #options: CheckedOptions;
  readonly #served = new Map<string, Served>();
  readonly #unloading = new Map<string, Promise<void>>();
  /** The options that models were served with last, for when they are loaded again. */
  readonly #serveOptions = new Map<string, ServeOptions>();
  readonly #loadAttempts = new Set<string>();
  readonly #loads = new LoadQueue();
  #closing: Promise<void> | undefined;

  constructor(options: CheckedOptions) {
    this.#options = options;
  }

  get closing(): boolean {
    return this.#closing !== undefined;
  }

  get names(): readonly string[] {
    return [...this.#served.keys()];
  }

  /** Names of the models that readiness depends on: those that an attempt to load hasn't finished are not among them. */
  get settledNames(): readonly string[] {
    return this.names.filter((name) => !this.#loadAttempts.has(name));
  }

  get all(): readonly Served[] {
    return [...this.#served.values()];
  }

  find(name: string): Served | undefined {
    return this.#served.get(name);
  }

  /** @throws ServingError `ERR_SERVING_MODEL_NOT_FOUND`; `ERR_SERVING_NOT_READY` while the models aren't known yet. */
  get(name: string): Served {
    const served = this.#served.get(name);
    if (served !== undefined) return served;
    throw this.#notFound(name);
  }

  /**
   * Returns the model of an inference. Its client may use the model, so the error has the hint of the source, which discloses
   * that an unserved model exists.
   *
   * @throws ServingError `ERR_SERVING_MODEL_NOT_FOUND`.
   */
  getForInference(name: string): Served {
    const served = this.#served.get(name);
    if (served !== undefined) return served;
    throw this.#notFound(name, this.#options.source.unservedHint?.(name));
  }

  /** Returns whether the server is ready only when this model is. */
  isRequired(name: string): boolean {
    return this.#serveOptions.get(name)?.requiredForReadiness !== false;
  }

  /** See `ModelServer.serve`. */
  async serve(name: string, options = this.#options.serveOptions(name)): Promise<void> {
    // Events of the version that unloads must not be taken for those of its successor.
    while (this.#unloading.has(name)) await this.#unloading.get(name);
    this.#checkServe(name, options);
    const { alias = this.#options.alias, alsoFollow = [], cache, fallback } = options;
    const { maxBatchRows: maxRows, maxBatchBytes: maxBytes } = this.#options;
    const model = new ServedModel({
      ...this.#options,
      model: name,
      alias,
      alsoFollow,
      observer: this.#options.observer,
      tracer: this.#options.tracer,
      onEvent: (event) => {
        this.#onEvent(event);
      },
      batching: { maxRows, maxBytes },
      loads: this.#loads,
      cache,
      keepsPrevious: fallback === 'previous-version',
    });
    this.#served.set(name, {
      model,
      fallback: this.#fallbackOf(model, options),
      routedFallback: this.#fallbackTo(model, () => model.current),
    });
    this.#serveOptions.set(name, options);
    await model.firstLoad;
    if (model.current === undefined && this.closing) throw serverClosed();
  }

  /** See `ModelServer.load`. */
  async load(name: string, options = this.#serveOptions.get(name)): Promise<void> {
    const known = await this.#options.source.list?.();
    if (known?.every((each) => each.model !== name) === true) {
      throw new ServingError('ERR_SERVING_MODEL_NOT_FOUND', `there is no model "${name}" to load`);
    }
    while (this.#unloading.has(name)) await this.#unloading.get(name);
    const served = this.#served.get(name);
    if (served === undefined) await this.#loadFirst(name, options);
    else {
      await served.model.refresh().catch((cause: unknown) => {
        throw loadFailed(name, cause);
      });
    }
  }

  /** See `ModelServer.unload`. */
  async unload(name: string): Promise<void> {
    const unloading = this.#unloading.get(name);
    await (this.#served.has(name) || unloading === undefined
      ? this.#unload(this.get(name).model)
      : unloading);
  }

  /** Lists every model that is served, is being unloaded, or could be loaded; by name. */
  list(): Promise<readonly ModelIndexEntry[]> {
    const models = this.all.map(({ model }) => model);
    return indexModels(models, this.#unloading.keys(), this.#options.source);
  }

  /** Answers what is in flight, rejects the rest, and closes every runtime. */
  async close(): Promise<void> {
    this.#closing ??= Promise.all([
      ...this.all.map(({ model }) => model.close()),
      ...this.#unloading.values(),
    ]).then(() => undefined);
    await this.#closing;
  }

  #notFound(name: string, hint?: string): ServingError {
    if (this.#options.source.knowsModels?.() === false) {
      const message = `model "${name}" is not ready: the models that are served aren't known yet`;
      return new ServingError('ERR_SERVING_NOT_READY', message);
    }
    const known = this.names.map((each) => `"${each}"`).join(', ') || 'none';
    return new ServingError(
      'ERR_SERVING_MODEL_NOT_FOUND',
      `no model "${name}" is served; served: ${known}${hint === undefined ? '' : `; ${hint}`}`,
    );
  }

  #checkServe(name: string, options: ServeOptions): void {
    const { fallback } = checkOptions('serve', options, serveOptionNames);
    if (this.closing) throw serverClosed();
    if (this.#served.has(name)) {
      throw new ServingError('ERR_SERVING_INVALID_OPTION', `model "${name}" is served already`);
    }
    const { maxModels } = this.#options;
    if (this.#served.size + this.#unloading.size >= maxModels) {
      const message = `the limit of ${maxModels} served models is reached; unload one before "${name}" is loaded`;
      throw new ServingError('ERR_SERVING_NO_ROOM', message);
    }
    if (typeof fallback === 'object' && fallback.model === name) {
      const message = `model "${name}" can't be its own fallback; name another, or "previous-version"`;
      throw new ServingError('ERR_SERVING_INVALID_OPTION', message);
    }
  }

  #fallbackOf(model: ServedModel, { fallback }: ServeOptions): FallbackRoute | undefined {
    if (fallback === undefined) return undefined;
    return this.#fallbackTo(model, () =>
      fallback === 'previous-version'
        ? model.previous
        : this.#served.get(fallback.model)?.model.current,
    );
  }

  #fallbackTo(model: ServedModel, fallbackVersion: () => LoadedVersion | undefined): FallbackRoute {
    return new FallbackRoute({
      model: model.name,
      fallbackVersion,
      notReady: () => notReady(this.get(model.name).model),
      observer: this.#options.observer,
      onEvent: (event) => {
        this.#onEvent(event);
      },
    });
  }

  #onEvent(event: ServingEvent): void {
    this.#options.onEvent?.(event);
    if (event.type !== 'swapped') return;
    for (const { model, fallback } of this.all) fallback?.check(model.current);
  }

  async #loadFirst(name: string, options: ServeOptions | undefined): Promise<void> {
    // A server that answers for other models stays ready while one more is loaded.
    this.#loadAttempts.add(name);
    try {
      await this.serve(name, options);
      const served = this.#served.get(name)?.model;
      if (served?.current !== undefined) return;
      if (served !== undefined) await this.#unload(served);
      const { alias = this.#options.alias } = options ?? this.#options.serveOptions(name);
      const cause: unknown = await this.#options.source.resolve(name, alias).then(
        () => undefined,
        (error: unknown) => error,
      );
      const problem = served?.problem ?? 'it was unloaded while it loaded';
      throw loadFailed(name, isNotFound(cause) ? cause : problem);
    } finally {
      this.#loadAttempts.delete(name);
    }
  }

  #unload(served: ServedModel): Promise<void> {
    const { name } = served;
    // Another one may have taken its place.
    if (this.#served.get(name)?.model !== served)
      return this.#unloading.get(name) ?? Promise.resolve();
    this.#served.delete(name);
    const unloaded = served.close().finally(() => this.#unloading.delete(name));
    this.#unloading.set(name, unloaded);
    return unloaded;
  }
}
