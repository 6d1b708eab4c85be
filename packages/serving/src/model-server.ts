import type { Signature } from '@fairlead/signature';
import type { CacheStore } from './cache/cache-store.ts';
import {
  circuitBreakerOptions,
  type CircuitBreakerOptions,
} from './fallback/circuit-breaker-options.ts';
import { FallbackRoute } from './fallback/fallback-route.ts';
import type { Fallback } from './fallback/fallback.ts';
import type { InferenceObserver } from './inference-observer.ts';
import type { InferRequest, InferResult } from './infer-request.ts';
import type { LoadedVersion } from './loaded-version.ts';
import { indexModels, type ModelIndexEntry } from './model-index.ts';
import type { ModelSource } from './model-source.ts';
import type { RuntimeFactory } from './runtime.ts';
import type { CancelSignal } from './scheduling/ticket.ts';
import { LAST_PRIORITY } from './scheduling/priority-queue.ts';
import { ServedModel } from './served-model.ts';
import type { ServingEvent } from './serving-event.ts';
import { ServingError } from './serving-error.ts';
import type { TraceCarrier } from './trace-context.ts';

/** Options of a {@link ModelServer}. */
export interface ModelServerOptions {
  /** Where versions come from, such as a `ModelRegistry`. */
  readonly source: ModelSource;
  /**
   * The alias that models follow which are served without naming one.
   * @defaultValue 'champion'
   */
  readonly alias?: string;
  /** The runtimes by the name that manifests use: `{ onnx: onnxRuntime(), upstream: upstreamRuntime(…) }`. */
  readonly runtimes: Readonly<Record<string, RuntimeFactory>>;
  /** Told of every request and execution. */
  readonly observer?: InferenceObserver;
  /** Told of loads, swaps, failures and lost workers. */
  readonly onEvent?: (event: ServingEvent) => void;
  /**
   * A request that takes longer is answered with a deadline error, in milliseconds.
   * @defaultValue 30000
   */
  readonly requestTimeoutMs?: number;
  /**
   * How long an old version may finish what is in flight, in milliseconds.
   * @defaultValue 30000
   */
  readonly drainTimeoutMs?: number;
  /**
   * How long a new version may take over its golden examples, in milliseconds.
   * @defaultValue 60000
   */
  readonly warmUpTimeoutMs?: number;
  /**
   * Pause before a failed load is tried again, in milliseconds; doubles with each failure, up to 32 times as long.
   * @defaultValue 1000
   */
  readonly retryDelayMs?: number;
  /**
   * Rows that share one execution at most; 1 switches batching off.
   * @defaultValue 64
   */
  readonly maxBatchRows?: number;
  /**
   * Bytes of inputs that share one execution at most.
   * @defaultValue 16777216 (16 MiB)
   */
  readonly maxBatchBytes?: number;
  /**
   * Requests of a version that may wait for an execution; over it they are refused.
   * @defaultValue 512
   */
  readonly maxQueued?: number;
  /**
   * Models that are served at the same time at most; one more is refused.
   * @defaultValue 10000
   */
  readonly maxModels?: number;
  /**
   * When a runtime that fails is left alone; `false` goes on asking it.
   * @defaultValue `{}`: the defaults of its options
   */
  readonly circuitBreaker?: CircuitBreakerOptions | false;
  /**
   * How a model is served when `serve` or `load` isn't told.
   * @defaultValue `() => ({})`: as the defaults have it
   */
  readonly serveOptions?: (model: string) => ServeOptions;
}

/** How one model is served. */
export interface ServeOptions {
  /**
   * The alias that it follows.
   * @defaultValue `alias` of the server, "champion"
   */
  readonly alias?: string;
  /**
   * Where its answers are kept, such as `memoryCache({ maxBytes })`; several models may share one.
   * @defaultValue none: every request is executed
   */
  readonly cache?: CacheStore | undefined;
  /**
   * What answers when the model fails or has no loaded version: another served model, or `previous-version`, which keeps
   * the version before the current one loaded. A request that names a version is answered by that or not at all.
   * @defaultValue none: the request fails
   */
  readonly fallback?: Fallback | undefined;
}

/** Which model, and which of its versions when it isn't the one that the alias names. */
export interface InferTarget {
  readonly model: string;
  readonly version?: string | undefined;
}

/** What goes with a request for inference. */
export interface InferContext {
  /** Aborts when the client is gone. */
  readonly signal?: CancelSignal | undefined;
  /**
   * When the answer is of no use any more, in milliseconds from now.
   * @defaultValue `requestTimeoutMs` of the server, which is also the most
   */
  readonly timeoutMs?: number | undefined;
  readonly requestId?: string | undefined;
  /** The request, whose trace upstreams are told; see {@link traceContext}. */
  readonly trace?: TraceCarrier | undefined;
  /**
   * Whether nobody waits for it on a connection: it comes after every other request, and `requestTimeoutMs` isn't the
   * most.
   * @defaultValue false
   */
  readonly background?: boolean | undefined;
}

/** How a model is doing. */
export interface ModelStatus {
  readonly name: string;
  readonly ready: boolean;
  /** The version that answers; absent while none is loaded. */
  readonly version?: string;
  readonly platform?: string;
  readonly signature?: Signature;
  /** Why it isn't ready, or why the alias' newest version isn't in place. */
  readonly reason?: string;
}

const LEAST = {
  requestTimeoutMs: 1,
  drainTimeoutMs: 1,
  warmUpTimeoutMs: 1,
  retryDelayMs: 1,
  maxBatchRows: 1,
  maxBatchBytes: 1,
  maxQueued: 0,
  maxModels: 1,
} as const;

// Of the longest that a request may take: an execution that was given up after so long wasn't just unlucky.
const HANG_RATIO = 0.8;

/** A live set of models, each of which follows its alias; answers requests for inference. */
export class ModelServer {
  readonly #options: Required<Omit<ModelServerOptions, 'observer' | 'onEvent' | 'circuitBreaker'>> &
    Pick<ModelServerOptions, 'observer' | 'onEvent'>;
  readonly #breaker: (Required<CircuitBreakerOptions> & { readonly hangMs: number }) | undefined;
  readonly #models = new Map<string, ServedModel>();
  readonly #leaving = new Map<string, Promise<void>>();
  /** How models were served last, which is how they are loaded again. */
  readonly #how = new Map<string, ServeOptions>();
  readonly #tried = new Set<string>();
  readonly #fallbacks = new Map<string, FallbackRoute>();
  #closing: Promise<void> | undefined;
  #draining = false;

  /** @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the option and its value. */
  constructor(options: ModelServerOptions) {
    this.#options = {
      alias: 'champion',
      requestTimeoutMs: 30_000,
      drainTimeoutMs: 30_000,
      warmUpTimeoutMs: 60_000,
      retryDelayMs: 1000,
      maxBatchRows: 64,
      maxBatchBytes: 16 * 1024 * 1024,
      maxQueued: 512,
      serveOptions: () => ({}),
      maxModels: 10_000,
      ...options,
    };
    for (const [name, least] of Object.entries(LEAST)) {
      const value = this.#options[name as keyof typeof LEAST];
      // setTimeout takes no more than 2^31 − 1 and would fire at once instead.
      if (Number.isInteger(value) && value >= least && value < 2 ** 31) continue;
      throw new ServingError(
        'ERR_SERVING_INVALID_OPTION',
        `${name} is ${value}; it must be a whole number from ${least} to 2147483647`,
      );
    }
    const { circuitBreaker = {} } = options;
    if (circuitBreaker !== false) {
      const hangMs = HANG_RATIO * this.#options.requestTimeoutMs;
      this.#breaker = { ...circuitBreakerOptions(circuitBreaker), hangMs };
    }
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
      cache,
      breaker: this.#breaker,
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
   * model, `ERR_SERVING_NO_ROOM`, `ERR_SERVING_CLOSED`.
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
      throw loadFailed(model, served?.problem ?? 'it was unloaded meanwhile');
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
  return new ServingError('ERR_SERVING_LOAD_FAILED', message, { cause });
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
