import { ServingError } from '../errors/serving-error.ts';
import type { FollowedVersion, ModelSource } from '../source/model-source.ts';
import { HangLimit } from './hang-limit.ts';
import { pause } from './pause.ts';
import type { ServingEvent } from './serving-event.ts';

/** Options of an {@link AliasFollower}. */
export interface AliasFollowerOptions {
  readonly model: string;
  readonly alias: string;
  /** True if the model doesn't need the alias: it isn't resolved at the start. */
  readonly optional: boolean;
  readonly source: ModelSource;
  /** Pause before a failed load is tried again, in milliseconds. */
  readonly retryDelayMs: number;
  readonly onEvent: (event: ServingEvent) => void;
  /** Returns whether a version is in the slot of the alias. */
  readonly isLoaded: (target: FollowedVersion) => boolean;
  /** Loads a version and puts it into the slot of the alias. */
  readonly swapTo: (target: FollowedVersion) => Promise<void>;
  /** Aborts when the model is unloaded. */
  readonly signal: AbortSignal;
}

const MAX_RETRY_FACTOR = 32;

/** Result of one attempt to load a version. */
interface LoadAttempt {
  readonly version: number;
  readonly error?: Error;
}

/**
 * Follows one alias of a model, and has the version that it points to loaded.
 *
 * A version that can't be loaded leaves the present one in place; loading is retried, at growing intervals, until it
 * succeeds or the alias moves. A version that hung twice is not retried before its alias moves, or
 * {@link AliasFollower.refresh} is called.
 */
export class AliasFollower {
  readonly #options: AliasFollowerOptions;
  readonly #hangs: HangLimit;
  readonly #running: Promise<unknown>;
  readonly #firstLoad = Promise.withResolvers<undefined>();
  #attempt = Promise.withResolvers<LoadAttempt>();
  #wake = Promise.withResolvers<undefined>();
  #target: FollowedVersion | undefined;
  #problem: string | undefined;
  #loading = true;

  constructor(options: AliasFollowerOptions) {
    this.#options = options;
    this.#hangs = new HangLimit(options.alias);
    this.#problem = `alias "${options.alias}" of model "${options.model}" wasn't resolved yet`;
    options.signal.addEventListener('abort', () => {
      this.#wake.resolve(undefined);
    });
    this.#running = Promise.all([this.#follow(), this.#keepLoaded()]);
  }

  /** Reason why there is no version, or why the newest one of the alias isn't served. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** True if a version is being loaded, or none was tried yet. */
  get loading(): boolean {
    return this.#loading;
  }

  /** Settles at the end of the first attempt to load, whether it succeeded or not. */
  get firstLoad(): Promise<unknown> {
    return this.#firstLoad.promise;
  }

  /** Settles after the abort of the signal, when nothing is loaded any more. */
  async stopped(): Promise<void> {
    await this.#running;
    // A load may have been canceled before its end.
    this.#firstLoad.resolve(undefined);
  }

  /**
   * Resolves the alias at once, and waits until its version is in place.
   *
   * @throws the error of the load; ServingError `ERR_SERVING_CLOSED` when the model is unloaded before its end.
   */
  async refresh(): Promise<void> {
    const { source, model, alias, retryDelayMs, isLoaded, signal } = this.#options;
    for (;;) {
      const { version } = await source.resolve(model, alias);
      if (this.#isStopped()) {
        throw new ServingError(
          'ERR_SERVING_CLOSED',
          `model "${model}" was unloaded while it loaded`,
        );
      }
      if (isLoaded({ version })) return;
      const ended = this.#attempt.promise;
      this.#hangs.unblock();
      this.#setTarget({ version });
      // The alias may move before the attempt begins, and the target with it: resolve it again.
      const attempt = await Promise.race([ended, pause(retryDelayMs, signal)]);
      if (attempt?.version === version && attempt.error !== undefined) throw attempt.error;
    }
  }

  async #follow(): Promise<void> {
    const { source, model, alias, optional, retryDelayMs, onEvent, signal } = this.#options;
    try {
      if (!optional) this.#setTarget({ version: (await source.resolve(model, alias)).version });
    } catch (error) {
      // The alias may be set later: it is followed all the same, and the first load is over.
      this.#problem = messageOf(error);
      this.#loading = false;
      onEvent({ type: 'follow-failed', model, alias, error });
      this.#firstLoad.resolve(undefined);
    }
    let delay = retryDelayMs;
    while (!this.#isStopped()) {
      try {
        for await (const { version, isBackground } of source.follow(model, alias, { signal })) {
          // The version of the model's own alias answers.
          this.#setTarget({ version, isBackground: optional && isBackground === true });
        }
        return;
      } catch (error) {
        if (this.#isStopped()) return;
        this.#problem = messageOf(error);
        onEvent({ type: 'follow-failed', model, alias, error });
        await pause(delay, signal);
        delay = Math.min(delay * 2, retryDelayMs * MAX_RETRY_FACTOR);
      }
    }
  }

  /** Re-read after an await. */
  #isStopped(): boolean {
    return this.#options.signal.aborted;
  }

  #setTarget(target: FollowedVersion): void {
    // A source that is followed again yields the same version once more.
    if (this.#hangs.blocks(target.version)) return;
    this.#hangs.unblock();
    this.#target = target;
    this.#wake.resolve(undefined);
  }

  /** Loads the newest target, skipping those that were overtaken while another one loaded. */
  async #keepLoaded(): Promise<void> {
    let failures = 0;
    while (!this.#isStopped()) {
      this.#wake = Promise.withResolvers();
      const target = this.#target;
      if (target === undefined || this.#options.isLoaded(target)) {
        failures = 0;
        // The alias returned to the version in place: the failure of another one no longer matters.
        if (target !== undefined) this.#problem = undefined;
        this.#loading = target === undefined && this.#loading;
        await this.#wake.promise;
        continue;
      }
      this.#loading = true;
      try {
        await this.#options.swapTo(target);
        this.#problem = undefined;
        this.#firstLoad.resolve(undefined);
        this.#ended({ version: target.version });
      } catch (error) {
        if (this.#isStopped()) return;
        await this.#recover(target.version, error, failures);
        failures += 1;
      }
    }
  }

  /** Reports a failed load, then waits until it may be retried or the target changes. */
  async #recover(version: number, error: unknown, failures: number): Promise<void> {
    const { model, retryDelayMs, onEvent, signal } = this.#options;
    const stop = this.#hangs.record(version, error, this.#target?.version);
    this.#problem = messageOf(error) + stop;
    this.#ended({ version, error: error instanceof Error ? error : new Error(String(error)) });
    onEvent({
      type: 'load-failed',
      model,
      version,
      error,
      ...(stop !== '' && { willRetry: false }),
    });
    this.#firstLoad.resolve(undefined);
    if (stop === '') {
      const delay = retryDelayMs * Math.min(2 ** failures, MAX_RETRY_FACTOR);
      await Promise.race([pause(delay, signal), this.#wake.promise]);
      return;
    }
    // The target of this attempt may have been set more than once.
    this.#wake = Promise.withResolvers();
    if (this.#target?.version === version) await this.#wake.promise;
  }

  #ended(attempt: LoadAttempt): void {
    this.#loading = false;
    const { resolve } = this.#attempt;
    this.#attempt = Promise.withResolvers();
    resolve(attempt);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
