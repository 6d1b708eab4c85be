import type { LoadedVersion } from './loaded-version.ts';
import type { ServingEvent } from './serving-event.ts';

/** Options of {@link VersionSlots}. */
export interface VersionSlotsOptions {
  readonly model: string;
  /** The alias whose version answers by default. */
  readonly alias: string;
  /** True if the version before the current one stays live, as its fallback. */
  readonly keepsPrevious: boolean;
  readonly drainTimeoutMs: number;
  readonly onEvent: (event: ServingEvent) => void;
}

/** The live versions of one model: one for each alias that is followed, and the previous one where that is a fallback. */
export class VersionSlots {
  readonly #options: VersionSlotsOptions;
  readonly #byAlias = new Map<string, LoadedVersion>();
  readonly #draining = new Set<Promise<void>>();
  #current: LoadedVersion | undefined;
  #previous: LoadedVersion | undefined;

  constructor(options: VersionSlotsOptions) {
    this.#options = options;
  }

  /** The version of the model's own alias, which answers by default. */
  get current(): LoadedVersion | undefined {
    return this.#current;
  }

  /** The version that answered before, while it stays live as the fallback of the current one. */
  get previous(): LoadedVersion | undefined {
    return this.#previous;
  }

  /** Every live version once, the current one first. */
  get live(): readonly LoadedVersion[] {
    const all = [this.#current, this.#previous, ...this.#byAlias.values()];
    return [...new Set(all)].filter((each) => each !== undefined);
  }

  /** The version in the slot of an alias. */
  ofAlias(alias: string): LoadedVersion | undefined {
    return this.#byAlias.get(alias);
  }

  /** The live version of this number, in the background or not; undefined when it isn't live. */
  find(version: string, isBackground: boolean): LoadedVersion | undefined {
    const isWanted = (each: LoadedVersion | undefined): boolean =>
      each?.label.version === version && each.isBackground === isBackground;
    if (isWanted(this.#current)) return this.#current;
    if (isWanted(this.#previous)) return this.#previous;
    for (const each of this.#byAlias.values()) if (isWanted(each)) return each;
    return undefined;
  }

  /** Puts a version into the slot of an alias, atomically; versions that are in no slot any more drain. */
  put(alias: string, loaded: LoadedVersion, loadDurationMs: number): void {
    const { model, keepsPrevious, onEvent } = this.#options;
    const isMain = alias === this.#options.alias;
    const before = this.#byAlias.get(alias);
    const previous = this.#previous;
    const version = Number(loaded.label.version);
    this.#byAlias.set(alias, loaded);
    if (isMain) {
      this.#current = loaded;
      // After a rollback to an older version the newer one is no fallback.
      const stays = keepsPrevious && Number(before?.label.version) < version;
      this.#previous = stays ? before : undefined;
    }
    onEvent({
      type: 'swapped',
      model,
      version,
      ...(!isMain && { alias }),
      ...(before !== undefined && { previous: Number(before.label.version) }),
      ...(loaded.isBackground && { isBackground: true }),
      batching: loaded.batching.on,
      batchingReason: loaded.batching.reason,
      ...(loaded.validationSkipped !== undefined && {
        validationSkipped: loaded.validationSkipped,
      }),
      ...(loaded.runtime.placement && { placement: loaded.runtime.placement }),
      ...(loaded.runtime.memory && { memory: loaded.runtime.memory }),
      loadDurationMs,
    });
    for (const each of new Set([before, previous])) {
      if (each !== undefined && !this.live.includes(each)) this.#drain(each);
    }
  }

  /** Empties every slot; waits until what is in flight was answered and every runtime is closed. */
  async close(): Promise<void> {
    const { live } = this;
    this.#current = undefined;
    this.#previous = undefined;
    this.#byAlias.clear();
    for (const each of live) this.#drain(each);
    await Promise.all(this.#draining);
  }

  #drain(loaded: LoadedVersion): void {
    const { drainTimeoutMs, onEvent } = this.#options;
    const model = loaded.label.model;
    const version = Number(loaded.label.version);
    const drained = loaded.drain(drainTimeoutMs).then(
      () => {
        onEvent({ type: 'unloaded', model, version });
      },
      (error: unknown) => {
        onEvent({ type: 'unload-failed', model, version, error });
      },
    );
    this.#draining.add(drained);
    void drained.then(() => this.#draining.delete(drained));
  }
}
