import type { CacheStore } from '../cache/cache-store.ts';
import type { BreakingRuntimeOptions } from '../circuit-breaker/breaking-runtime.ts';
import type { InferenceObserver } from '../inference/inference-observer.ts';
import { LoadedVersion } from './loaded-version.ts';
import { HangLimit } from './hang-limit.ts';
import type { ModelArtifacts, ModelSource } from '../source/model-source.ts';
import type { RuntimeFactory } from '../runtime/runtime.ts';
import type { BatchLimits } from '../scheduling/batch-limits.ts';
import type { ServingEvent } from './serving-event.ts';
import { ServingError } from '../errors/serving-error.ts';
import type { LoadQueue } from './load-queue.ts';
import { checkDeclaredInputs } from './size-limits.ts';
import { warmUp } from '../warm-up/warm-up.ts';

/** What a served model needs from its server. */
export interface ServedModelOptions {
  readonly model: string;
  readonly alias: string;
  readonly source: ModelSource;
  readonly runtimes: Readonly<Record<string, RuntimeFactory>>;
  readonly observer: InferenceObserver | undefined;
  readonly onEvent: (event: ServingEvent) => void;
  readonly drainTimeoutMs: number;
  readonly warmUpTimeoutMs: number;
  readonly retryDelayMs: number;
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
  /** Whether the version before the current one stays loaded, to stand in for it. */
  readonly keepsPrevious: boolean;
}

const GREATEST_RETRY_FACTOR = 32;

/** How one attempt to load a version ended. */
interface LoadAttempt {
  readonly version: number;
  readonly error?: Error;
}

/**
 * One model that follows its alias: load → warm up → swap atomically → drain the old version.
 *
 * A version that can't be loaded leaves the present one in place; loading is tried again, ever more rarely, until it
 * succeeds or the alias moves on. A version that hung twice is not tried again before its alias moves, or
 * {@link ServedModel.refresh} is called.
 */
export class ServedModel {
  readonly #options: ServedModelOptions;
  readonly #stop = new AbortController();
  readonly #draining = new Set<Promise<void>>();
  readonly #running: Promise<unknown>;
  readonly #firstLoad = Promise.withResolvers<undefined>();
  #current: LoadedVersion | undefined;
  #previous: LoadedVersion | undefined;
  #target: number | undefined;
  #wake = Promise.withResolvers<undefined>();
  #problem: string | undefined;
  #loading = true;
  readonly #hangs: HangLimit;
  #attempt = Promise.withResolvers<LoadAttempt>();

  constructor(options: ServedModelOptions) {
    this.#options = options;
    this.#hangs = new HangLimit(options.alias);
    this.#problem = `alias "${options.alias}" of model "${options.model}" wasn't resolved yet`;
    this.#running = Promise.all([this.#follow(), this.#keepLoaded()]);
  }

  /** Name of the model. */
  get name(): string {
    return this.#options.model;
  }

  /** The version that answers now. */
  get current(): LoadedVersion | undefined {
    return this.#current;
  }

  /** The version that answered before, while it is kept to stand in for the current one. */
  get previous(): LoadedVersion | undefined {
    return this.#previous;
  }

  /** Why there is no version, or why the alias' newest one isn't in place. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Whether a version is being loaded, or none was tried yet. */
  get loading(): boolean {
    return this.#loading;
  }

  /**
   * Looks at once where the alias points, and waits until that version is in place.
   *
   * @throws what kept it from being loaded; ServingError `ERR_SERVING_CLOSED` when the model is unloaded meanwhile.
   */
  async refresh(): Promise<void> {
    const { source, model, alias, retryDelayMs } = this.#options;
    for (;;) {
      const { version } = await source.resolve(model, alias);
      if (this.#stopped()) {
        throw new ServingError('ERR_SERVING_CLOSED', `model "${model}" was unloaded meanwhile`);
      }
      if (String(version) === this.#current?.label.version) return;
      const ended = this.#attempt.promise;
      this.#hangs.unblock();
      this.#aim(version);
      // The alias may move on before the attempt begins, and what follows it aims elsewhere then: look again.
      const attempt = await Promise.race([ended, this.#pause(retryDelayMs)]);
      if (attempt?.version === version && attempt.error !== undefined) throw attempt.error;
    }
  }

  /** Settles at the end of the first attempt to load, whether it succeeded or not. */
  get firstLoad(): Promise<unknown> {
    return this.#firstLoad.promise;
  }

  /** Stops following; waits for what is in flight, then gives every runtime back. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#wake.resolve(undefined);
    await this.#running;
    // Whoever waits for a load that was given up mustn't wait for ever.
    this.#firstLoad.resolve(undefined);
    const last = [this.#current, this.#previous];
    this.#current = undefined;
    this.#previous = undefined;
    for (const each of last) if (each !== undefined) this.#drain(each);
    await Promise.all(this.#draining);
  }

  async #follow(): Promise<void> {
    const { source, model, alias, onEvent } = this.#options;
    const { signal } = this.#stop;
    try {
      this.#aim((await source.resolve(model, alias)).version);
    } catch (error) {
      // The alias may be set later: follow it all the same, but let nobody wait for that.
      this.#problem = messageOf(error);
      this.#loading = false;
      onEvent({ type: 'follow-failed', model, alias, error });
      this.#firstLoad.resolve(undefined);
    }
    let delay = this.#options.retryDelayMs;
    while (!this.#stopped()) {
      try {
        for await (const { version } of source.follow(model, alias, { signal })) {
          this.#aim(version);
        }
        return;
      } catch (error) {
        if (this.#stopped()) return;
        this.#problem = messageOf(error);
        onEvent({ type: 'follow-failed', model, alias, error });
        await this.#pause(delay);
        delay = Math.min(delay * 2, this.#options.retryDelayMs * GREATEST_RETRY_FACTOR);
      }
    }
  }

  #stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  #aim(version: number): void {
    // A source that is followed anew names the same version once more.
    if (this.#hangs.blocks(version)) return;
    this.#hangs.unblock();
    this.#target = version;
    this.#wake.resolve(undefined);
  }

  /** Loads the newest target, skipping those that were overtaken while another one loaded. */
  async #keepLoaded(): Promise<void> {
    let failures = 0;
    while (!this.#stopped()) {
      this.#wake = Promise.withResolvers();
      const version = this.#target;
      if (version === undefined || String(version) === this.#current?.label.version) {
        failures = 0;
        // The alias returned to the version that answers: what kept another one out no longer matters.
        if (version !== undefined) this.#problem = undefined;
        this.#loading = version === undefined && this.#loading;
        await this.#wake.promise;
        continue;
      }
      this.#loading = true;
      try {
        await this.#swapTo(version);
        this.#problem = undefined;
        this.#firstLoad.resolve(undefined);
        this.#ended({ version });
      } catch (error) {
        if (this.#stopped()) return;
        const stop = this.#hangs.record(version, error, this.#target);
        this.#problem = messageOf(error) + stop;
        this.#ended({ version, error: error instanceof Error ? error : new Error(String(error)) });
        this.#options.onEvent({
          type: 'load-failed',
          model: this.name,
          version,
          error,
          ...(stop !== '' && { triedAgain: false }),
        });
        this.#firstLoad.resolve(undefined);
        const delay = this.#options.retryDelayMs * Math.min(2 ** failures, GREATEST_RETRY_FACTOR);
        failures += 1;
        if (stop !== '') {
          // What called for this attempt may have done so more than once.
          this.#wake = Promise.withResolvers();
          if (this.#target === version) await this.#wake.promise;
        } else await Promise.race([this.#pause(delay), this.#wake.promise]);
      }
    }
  }

  #ended(attempt: LoadAttempt): void {
    this.#loading = false;
    const { resolve } = this.#attempt;
    this.#attempt = Promise.withResolvers();
    resolve(attempt);
  }

  async #swapTo(version: number): Promise<void> {
    const { model, source, runtimes, loads } = this.#options;
    const startedAt = performance.now();
    if (this.#previous?.label.version === String(version)) {
      // Rolled back to the version that was kept: it is there at once.
      this.#replaceBy(this.#previous, startedAt);
      return;
    }
    const artifacts = await source.openVersion(model, version);
    const { manifest } = artifacts;
    const factory = Object.hasOwn(runtimes, manifest.runtime.name)
      ? runtimes[manifest.runtime.name]
      : undefined;
    if (factory === undefined) {
      throw new ServingError(
        'ERR_SERVING_LOAD_FAILED',
        `model "${model}" version ${version} wants runtime "${manifest.runtime.name}"; this server has ${Object.keys(runtimes).join(', ') || 'none'}`,
      );
    }
    const loaded = await loads.run(factory, () => this.#load(artifacts, factory));
    this.#replaceBy(loaded, startedAt);
  }

  async #load(artifacts: ModelArtifacts, factory: RuntimeFactory): Promise<LoadedVersion> {
    const { observer, onEvent, batching: limits, maxQueued, cache, breaker } = this.#options;
    const { maxRowsPerRequest, maxInputBytes } = this.#options;
    const { manifest } = artifacts;
    const { model, version } = manifest;
    if (this.#stopped()) {
      throw new ServingError('ERR_SERVING_CLOSED', `model "${model}" was unloaded meanwhile`);
    }
    checkDeclaredInputs(manifest, maxInputBytes);
    const runtime = await factory.load(artifacts, {
      onEvent: ({ type, reason }) => {
        onEvent({ type, model, version, reason });
      },
    });
    try {
      const timeout = AbortSignal.timeout(this.#options.warmUpTimeoutMs);
      const signal = AbortSignal.any([timeout, this.#stop.signal]);
      const { proof, ...found } = await warmUp(manifest, runtime, {
        limits,
        timeoutMs: this.#options.warmUpTimeoutMs,
        signal,
      });
      await runtime.warmedUp?.();
      return new LoadedVersion(manifest, runtime, {
        limits,
        ...found,
        maxQueued,
        maxRowsPerRequest,
        cache,
        breaker: breaker && {
          ...breaker,
          proof,
          onChange: (change) => {
            onEvent({ ...change, model, version });
          },
        },
        observer,
      });
    } catch (error) {
      await runtime.close();
      throw error;
    }
  }

  #replaceBy(loaded: LoadedVersion, startedAt: number): void {
    const before = this.#current;
    const kept = this.#previous;
    const version = Number(loaded.label.version);
    // Who goes back to an older version wants nothing of the newer one any more.
    const keeps = this.#options.keepsPrevious && Number(before?.label.version) < version;
    this.#current = loaded;
    this.#previous = keeps ? before : undefined;
    this.#options.onEvent({
      type: 'swapped',
      model: this.name,
      version,
      ...(before !== undefined && { previous: Number(before.label.version) }),
      batching: loaded.batching.on,
      batchingReason: loaded.batching.reason,
      ...(loaded.untried !== undefined && { untried: loaded.untried }),
      ...(loaded.runtime.placement && { placement: loaded.runtime.placement }),
      ...(loaded.runtime.memory && { memory: loaded.runtime.memory }),
      loadDurationMs: performance.now() - startedAt,
    });
    for (const each of [before, kept]) {
      if (each !== undefined && each !== loaded && each !== this.#previous) this.#drain(each);
    }
  }

  #drain(loaded: LoadedVersion): void {
    const { model, version } = loaded.label;
    const drained = loaded.drain(this.#options.drainTimeoutMs).then(
      () => {
        this.#options.onEvent({ type: 'unloaded', model, version: Number(version) });
      },
      (error: unknown) => {
        this.#options.onEvent({ type: 'unload-failed', model, version: Number(version), error });
      },
    );
    this.#draining.add(drained);
    void drained.then(() => this.#draining.delete(drained));
  }

  #pause(delayMs: number): Promise<undefined> {
    const { signal } = this.#stop;
    return new Promise((resolve) => {
      if (signal.aborted) {
        resolve(undefined);
        return;
      }
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve(undefined);
      };
      const timer = setTimeout(done, delayMs);
      timer.unref();
      signal.addEventListener('abort', done);
    });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
