import { checkFunctions, checkMethods } from '../errors/check-functions.ts';
import { checkInteger, checkOptions, MAX_INT32 } from '../errors/check-options.ts';
import { safeListener, warnOfFailure } from '../errors/safe-listener.ts';
import type { OptionNames } from '@fairlead/signature';
import type { CacheStore } from '../cache/cache-store.ts';
import {
  circuitBreakerOptions,
  type CircuitBreakerOptions,
} from '../circuit-breaker/circuit-breaker-options.ts';
import type { Fallback } from '../fallback/fallback.ts';
import type { InferenceObserver } from '../inference/inference-observer.ts';
import type { InferenceTracer } from '../inference/inference-tracer.ts';
import type { InferenceRecorder } from '../inference/inference-recorder.ts';
import type { VersionRouter } from '../inference/version-router.ts';
import type { ModelSource } from '../source/model-source.ts';
import type { RuntimeFactory } from '../runtime/runtime.ts';
import type { ServingEvent } from '../models/serving-event.ts';
import { safeObserver } from './safe-observer.ts';
import { safeTracer } from './safe-tracer.ts';

/** Options of a `ModelServer`. */
export interface ModelServerOptions {
  /** Source of versions, such as a `ModelRegistry`. */
  readonly source: ModelSource;
  /**
   * Alias of models that are served without one in their options.
   * @defaultValue 'champion'
   */
  readonly alias?: string;
  /** The runtimes by the name that manifests use: `{ onnx: onnxRuntime(), upstream: upstreamRuntime(…) }`. */
  readonly runtimes: Readonly<Record<string, RuntimeFactory>>;
  /** Called for every request and execution; an error of it costs no request anything, and an event reports it. */
  readonly observer?: InferenceObserver;
  /** Called for loads, swaps, failures and lost workers; an error of it becomes a warning of the process. */
  readonly onEvent?: (event: ServingEvent) => void;
  /**
   * Chooses the version that answers a request which names none, among the live ones of its model; see `alsoFollow`.
   * @defaultValue the version that the alias points to
   */
  readonly router?: VersionRouter;
  /**
   * Receives the times of requests with a trace carrier.
   * @defaultValue none: requests aren't timed for traces
   */
  readonly tracer?: InferenceTracer;
  /**
   * Records inferences after their answers were sent.
   * @defaultValue none: nothing is recorded
   */
  readonly recorder?: InferenceRecorder;
  /**
   * The clock that records are dated by, in milliseconds since the epoch.
   * @defaultValue `Date.now`
   */
  readonly now?: () => number;
  /**
   * A request that takes longer is answered with a deadline error, in milliseconds.
   * @defaultValue 30000
   */
  readonly requestTimeoutMs?: number;
  /**
   * Time for an old version to finish its requests in flight, in milliseconds.
   * @defaultValue 30000
   */
  readonly drainTimeoutMs?: number;
  /**
   * Maximum duration of the warm-up of a new version, in milliseconds.
   * @defaultValue 60000
   */
  readonly warmUpTimeoutMs?: number;
  /**
   * Pause before a failed load is tried again, in milliseconds; doubles with each failure, up to 32 times as long.
   * @defaultValue 1000
   */
  readonly retryDelayMs?: number;
  /**
   * Maximum number of rows in one execution; 1 switches batching off.
   * @defaultValue 64
   */
  readonly maxBatchRows?: number;
  /**
   * Maximum size of the inputs of one execution, in bytes.
   * @defaultValue 16777216 (16 MiB)
   */
  readonly maxBatchBytes?: number;
  /**
   * Maximum number of requests of a version that wait for an execution; further ones are rejected.
   * @defaultValue 512
   */
  readonly maxQueued?: number;
  /**
   * Maximum number of rows of one request, where the first dimension of all inputs and outputs varies; a larger one is
   * rejected. An execution can't be interrupted, so this limits the time for which one request occupies a worker.
   * @defaultValue 100000
   */
  readonly maxRowsPerRequest?: number;
  /**
   * Maximum size of the inputs of one request by a version's signature, in bytes, varying dimensions counted as 1; a version
   * whose signature declares more isn't loaded.
   * @defaultValue 1073741824 (1 GiB)
   */
  readonly maxInputBytes?: number;
  /**
   * Maximum number of served models; a further one is rejected.
   * @defaultValue 10000
   */
  readonly maxModels?: number;
  /**
   * Circuit breaker of every runtime; `false` switches it off.
   * @defaultValue `{}`: the defaults of its options
   */
  readonly circuitBreaker?: CircuitBreakerOptions | false;
  /**
   * Options of a model that is served or loaded without any.
   * @defaultValue `() => ({})`: the defaults
   */
  readonly serveOptions?: (model: string) => ServeOptions;
}

const optionNames: OptionNames<ModelServerOptions> = {
  source: 'required',
  alias: 'optional',
  runtimes: 'required',
  observer: 'optional',
  tracer: 'optional',
  onEvent: 'optional',
  router: 'optional',
  recorder: 'optional',
  now: 'optional',
  requestTimeoutMs: 'optional',
  drainTimeoutMs: 'optional',
  warmUpTimeoutMs: 'optional',
  retryDelayMs: 'optional',
  maxBatchRows: 'optional',
  maxBatchBytes: 'optional',
  maxQueued: 'optional',
  maxRowsPerRequest: 'optional',
  maxInputBytes: 'optional',
  maxModels: 'optional',
  circuitBreaker: 'optional',
  serveOptions: 'optional',
};

/** Options of one served model. */
export interface ServeOptions {
  /**
   * Alias that the model follows.
   * @defaultValue `alias` of the server, "champion"
   */
  readonly alias?: string;
  /**
   * Further aliases whose versions are live beside that of `alias`, such as `['candidate']`: the server's `router` may
   * choose them, and a request that names such a version gets it. An alias that doesn't exist yet is followed all the same.
   * @defaultValue none
   */
  readonly alsoFollow?: readonly string[] | undefined;
  /**
   * Store of its responses, such as `memoryCache({ maxBytes })`; several models may share one.
   * @defaultValue none: every request is executed
   */
  readonly cache?: CacheStore | undefined;
  /**
   * Fallback when the model fails or has no loaded version: another served model, or `previous-version`, for which the
   * version before the current one stays loaded. A request that names a version has no fallback.
   * @defaultValue none: the request fails
   */
  readonly fallback?: Fallback | undefined;
  /**
   * False if the server may be ready while this model isn't; requests for it get 503 then, or its fallback.
   * @defaultValue true
   */
  readonly requiredForReadiness?: boolean | undefined;
}

/** Names of {@link ServeOptions}. */
export const serveOptionNames: OptionNames<ServeOptions> = {
  alias: 'optional',
  alsoFollow: 'optional',
  cache: 'optional',
  fallback: 'optional',
  requiredForReadiness: 'optional',
};

type Optional = 'observer' | 'tracer' | 'onEvent' | 'router' | 'recorder';

/** The options with their defaults, each within its bounds. */
export interface CheckedOptions
  extends
    Required<Omit<ModelServerOptions, Optional | 'circuitBreaker'>>,
    Pick<ModelServerOptions, Optional> {
  /** Undefined when there is no circuit breaker. */
  readonly breaker: (Required<CircuitBreakerOptions> & { readonly hangMs: number }) | undefined;
}

const MINIMUMS = {
  requestTimeoutMs: 1,
  drainTimeoutMs: 1,
  warmUpTimeoutMs: 1,
  retryDelayMs: 1,
  maxBatchRows: 1,
  maxBatchBytes: 1,
  maxQueued: 0,
  maxRowsPerRequest: 1,
  maxInputBytes: 1,
  maxModels: 1,
} as const;

// Share of the maximum duration of a request: an execution that is canceled after it has hung.
const HANG_RATIO = 0.8;

/** @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the option and its value. */
export function checkModelServerOptions(options: ModelServerOptions): CheckedOptions {
  checkOptions('new ModelServer', options, optionNames);
  const { circuitBreaker = {}, ...given } = options;
  const checked = {
    alias: 'champion',
    requestTimeoutMs: 30_000,
    drainTimeoutMs: 30_000,
    warmUpTimeoutMs: 60_000,
    retryDelayMs: 1000,
    maxBatchRows: 64,
    maxBatchBytes: 16 * 1024 * 1024,
    maxQueued: 512,
    maxRowsPerRequest: 100_000,
    maxInputBytes: 1024 ** 3,
    serveOptions: () => ({}),
    maxModels: 10_000,
    now: Date.now,
    ...given,
  };
  for (const [name, min] of Object.entries(MINIMUMS)) {
    checkInteger(name, checked[name as keyof typeof MINIMUMS], min, MAX_INT32);
  }
  checkPlugins(given);
  const hangMs = HANG_RATIO * checked.requestTimeoutMs;
  const breaker =
    circuitBreaker === false ? undefined : { ...circuitBreakerOptions(circuitBreaker), hangMs };
  return { ...checked, breaker, ...safeListeners(given) };
}

/** @throws ServingError `ERR_SERVING_INVALID_OPTION` for an option that lacks a method or isn't a function. */
function checkPlugins(options: Omit<ModelServerOptions, 'circuitBreaker'>): void {
  const { source, runtimes, observer, tracer, router, recorder, onEvent, now, serveOptions } =
    options;
  checkMethods('source', source, ['resolve', 'follow', 'openVersion']);
  checkMethods('observer', observer, ['inferenceStarted', 'inferenceFinished', 'executed']);
  checkMethods('tracer', tracer, ['inferred', 'encoded']);
  checkMethods('router', router, ['route']);
  if (router?.finished !== undefined) checkMethods('router', router, ['finished']);
  checkMethods('recorder', recorder, ['record']);
  checkFunctions({ onEvent, now, serveOptions });
  for (const [name, factory] of Object.entries(runtimes)) {
    checkMethods(`runtimes.${name}`, factory, ['load']);
  }
}

/** Wraps the functions that are called while requests are answered and versions are loaded: their errors reach neither. */
function safeListeners({
  onEvent: given,
  observer,
  tracer,
}: ModelServerOptions): Pick<ModelServerOptions, 'onEvent' | 'observer' | 'tracer'> {
  const onEvent = given && safeListener(given, warnOfFailure('onEvent'));
  return {
    ...(onEvent && { onEvent }),
    ...(observer && { observer: safeObserver(observer, onEvent) }),
    ...(tracer && { tracer: safeTracer(tracer) }),
  };
}
