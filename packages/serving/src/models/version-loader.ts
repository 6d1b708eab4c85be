import type { CacheStore } from '../cache/cache-store.ts';
import type { BreakingRuntimeOptions } from '../circuit-breaker/breaking-runtime.ts';
import { ServingError } from '../errors/serving-error.ts';
import type { InferenceObserver } from '../inference/inference-observer.ts';
import type { InferenceTracer } from '../inference/inference-tracer.ts';
import type { RuntimeFactory } from '../runtime/runtime.ts';
import type { BatchLimits } from '../scheduling/batch-limits.ts';
import type { FollowedVersion, ModelArtifacts, ModelSource } from '../source/model-source.ts';
import { warmUp } from '../warm-up/warm-up.ts';
import type { LoadQueue } from './load-queue.ts';
import { LoadedVersion } from './loaded-version.ts';
import type { ServingEvent } from './serving-event.ts';
import { checkDeclaredInputs } from './size-limits.ts';

/** Options of a {@link VersionLoader}. */
export interface VersionLoaderOptions {
  readonly model: string;
  readonly source: ModelSource;
  readonly runtimes: Readonly<Record<string, RuntimeFactory>>;
  readonly observer: InferenceObserver | undefined;
  readonly tracer: InferenceTracer | undefined;
  readonly onEvent: (event: ServingEvent) => void;
  readonly warmUpTimeoutMs: number;
  readonly batching: BatchLimits;
  readonly maxQueued: number;
  /** Rows that one request may have at most. */
  readonly maxRowsPerRequest: number;
  /** Bytes that the inputs of a request may take by the signature, at most. */
  readonly maxInputBytes: number;
  /** Limits how many versions are loaded at the same time; shared by all models of a server. */
  readonly loads: LoadQueue;
  readonly cache: CacheStore | undefined;
  readonly breaker: Omit<BreakingRuntimeOptions, 'title' | 'onChange'> | undefined;
}

/** Loads versions of one model: opens their artifacts, starts their runtimes and warms them up. */
export class VersionLoader {
  readonly #options: VersionLoaderOptions;
  readonly #signal: AbortSignal;
  readonly #loading = new Map<string, Promise<LoadedVersion>>();

  /** @param signal - aborts when the model is unloaded */
  constructor(options: VersionLoaderOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  /**
   * Loads a version, once for all that wait for it at the same time.
   *
   * @throws ServingError `ERR_SERVING_LOAD_FAILED`, `ERR_SERVING_CLOSED` when the model is unloaded; what the source, the
   * runtime or the warm-up throws.
   */
  load(target: FollowedVersion): Promise<LoadedVersion> {
    const { version, isBackground = false } = target;
    const key = `${version} ${String(isBackground)}`;
    const known = this.#loading.get(key);
    if (known !== undefined) return known;
    const loading = this.#open(version, isBackground).finally(() => this.#loading.delete(key));
    this.#loading.set(key, loading);
    return loading;
  }

  async #open(version: number, isBackground: boolean): Promise<LoadedVersion> {
    const { model, source, runtimes, loads } = this.#options;
    const artifacts = await source.openVersion(model, version);
    const { name } = artifacts.manifest.runtime;
    const factory = Object.hasOwn(runtimes, name) ? runtimes[name] : undefined;
    if (factory === undefined) {
      throw new ServingError(
        'ERR_SERVING_LOAD_FAILED',
        `model "${model}" version ${version} needs runtime "${name}"; this server has ${Object.keys(runtimes).join(', ') || 'none'}`,
      );
    }
    return loads.run(factory, () => this.#start(artifacts, factory, isBackground));
  }

  async #start(
    artifacts: ModelArtifacts,
    factory: RuntimeFactory,
    isBackground: boolean,
  ): Promise<LoadedVersion> {
    const { onEvent, batching: limits, maxInputBytes, breaker, warmUpTimeoutMs } = this.#options;
    const { manifest } = artifacts;
    const { model, version } = manifest;
    if (this.#signal.aborted) {
      throw new ServingError('ERR_SERVING_CLOSED', `model "${model}" was unloaded while it loaded`);
    }
    checkDeclaredInputs(manifest, maxInputBytes);
    const runtime = await factory.load(artifacts, {
      isBackground,
      onEvent: ({ type, reason }) => {
        onEvent({ type, model, version, reason });
      },
    });
    try {
      const timeout = AbortSignal.timeout(warmUpTimeoutMs);
      // Node may collect a timeout that nothing listens to, although another signal depends on it.
      timeout.addEventListener('abort', () => undefined, { once: true });
      const signal = AbortSignal.any([timeout, this.#signal]);
      const { probeInputs, ...found } = await warmUp(manifest, runtime, {
        limits,
        timeoutMs: warmUpTimeoutMs,
        signal,
      });
      await runtime.warmedUp?.();
      return new LoadedVersion(manifest, runtime, {
        ...this.#options,
        limits,
        isBackground,
        ...found,
        answeredInputs: probeInputs,
        breaker: breaker && {
          ...breaker,
          probeInputs,
          onChange: (change) => {
            onEvent({ ...change, model, version });
          },
        },
      });
    } catch (error) {
      await runtime.close();
      throw error;
    }
  }
}
