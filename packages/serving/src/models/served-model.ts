import type { VersionRole } from '../inference/version-router.ts';
import type { FollowedVersion } from '../source/model-source.ts';
import { AliasFollower } from './alias-follower.ts';
import type { LoadedVersion } from './loaded-version.ts';
import { VersionLoader, type VersionLoaderOptions } from './version-loader.ts';
import { VersionSlots, type VersionSlotsOptions } from './version-slots.ts';

/** Options of a {@link ServedModel}. */
export interface ServedModelOptions extends VersionLoaderOptions, VersionSlotsOptions {
  /** Aliases whose versions are live beside that of `alias`, where they exist. */
  readonly alsoFollow: readonly string[];
  /** Pause before a failed load is tried again, in milliseconds. */
  readonly retryDelayMs: number;
}

/**
 * One model that follows its aliases: a follower for each alias, the loader of versions, and the slots of those that are
 * live. A new version is loaded → warmed up → swapped in atomically → the old one drains.
 */
export class ServedModel {
  readonly name: string;
  readonly #stop = new AbortController();
  readonly #slots: VersionSlots;
  readonly #loader: VersionLoader;
  readonly #main: AliasFollower;
  readonly #followers: readonly AliasFollower[];

  constructor(options: ServedModelOptions) {
    this.name = options.model;
    this.#slots = new VersionSlots(options);
    this.#loader = new VersionLoader(options, this.#stop.signal);
    const follow = (alias: string, optional: boolean): AliasFollower =>
      new AliasFollower({
        ...options,
        alias,
        optional,
        signal: this.#stop.signal,
        isLoaded: (target) => {
          const loaded = this.#slots.ofAlias(alias);
          return loaded !== undefined && isOf(loaded, target);
        },
        swapTo: (target) => this.#swap(alias, target),
      });
    this.#main = follow(options.alias, false);
    const others = new Set(options.alsoFollow);
    others.delete(options.alias);
    this.#followers = [this.#main, ...Array.from(others, (alias) => follow(alias, true))];
  }

  /** The version that answers by default: that of the alias. */
  get current(): LoadedVersion | undefined {
    return this.#slots.current;
  }

  /** The version that answered before, while it is live as the fallback of the current one. */
  get previous(): LoadedVersion | undefined {
    return this.#slots.previous;
  }

  /** Every live version, the current one first. */
  get live(): readonly LoadedVersion[] {
    return this.#slots.live;
  }

  /** The live version of this number, which a request may name; undefined when it isn't live. */
  find(version: string): LoadedVersion | undefined {
    return this.findFor('answer', version) ?? this.findFor('shadow', version);
  }

  /** The live version of this number that answers, or computes copies; undefined when none is live for that. One in the background answers nothing. */
  findFor(role: VersionRole, version: string): LoadedVersion | undefined {
    const answering = (): LoadedVersion | undefined => this.#slots.find(version, false);
    return role === 'answer' ? answering() : (this.#slots.find(version, true) ?? answering());
  }

  /** Reason why there is no version, or why the newest one of the alias isn't served. */
  get problem(): string | undefined {
    return this.#main.problem;
  }

  /** True if a version is being loaded, or none was tried yet. */
  get loading(): boolean {
    return this.#main.loading;
  }

  /** Settles at the end of the first attempt to load, whether it succeeded or not. */
  get firstLoad(): Promise<unknown> {
    return this.#main.firstLoad;
  }

  /**
   * Resolves the alias at once, and waits until its version is in place.
   *
   * @throws the error of the load; ServingError `ERR_SERVING_CLOSED` when the model is unloaded before its end.
   */
  async refresh(): Promise<void> {
    await this.#main.refresh();
  }

  /** Stops following; waits for what is in flight, then closes every runtime. */
  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#followers.map((follower) => follower.stopped()));
    await this.#slots.close();
  }

  async #swap(alias: string, target: FollowedVersion): Promise<void> {
    const startedAt = performance.now();
    const { version, isBackground = false } = target;
    // A version that is live already, as after a rollback or for another alias, is in place at once; one in the background can't leave it.
    let loaded = this.#slots.find(String(version), isBackground);
    while (loaded === undefined || loaded.draining) loaded = await this.#loader.load(target);
    this.#slots.put(alias, loaded, performance.now() - startedAt);
  }
}

/** Returns whether a loaded version is the one that an alias points to, as it is to be loaded. */
function isOf(
  { label, isBackground }: LoadedVersion,
  { version, isBackground: wanted = false }: FollowedVersion,
): boolean {
  return label.version === String(version) && isBackground === wanted;
}
