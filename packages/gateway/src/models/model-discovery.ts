import { setTimeout as sleep } from 'node:timers/promises';

/** Poll intervals of an alias per search for new models. */
const SEARCH_EVERY = 5;

/** Models without the alias that one search queries; further ones are queried by the next searches, in turn. */
const MAX_QUERIED = 20;

/** Searches until a version that failed to load is loaded again. */
const RETRY_AFTER = 30;

/** The part of a registry that discovery reads. */
interface DiscoveryRegistry {
  modelNames(): Promise<readonly string[]>;
  resolve(model: string, alias: string): Promise<{ readonly version: number }>;
  listVersions(model: string): Promise<readonly { readonly version: number }[]>;
}

/** Options of {@link ModelDiscovery}. */
export interface ModelDiscoveryOptions {
  readonly registry: DiscoveryRegistry;
  readonly alias: string;
  /** Poll interval of an alias, in milliseconds; a search runs once in five of them. */
  readonly pollIntervalMs: number;
  readonly isServed: (model: string) => boolean;
  /** Loads a model; rejects without serving it when it can't be loaded. */
  readonly load: (model: string) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

/**
 * Finds models whose alias is set for the first time, and loads them.
 *
 * A search lists the names of the models (in S3 one request per 1000) and queries the alias of at most 20 that are not served. A model
 * that was served before and unloaded is not loaded again.
 */
export class ModelDiscovery {
  readonly #options: ModelDiscoveryOptions;
  readonly #stop = new AbortController();
  /** Models that had the alias: served now, or unloaded since. */
  readonly #known = new Set<string>();
  /** Models without the alias, with their newest version. */
  readonly #unpromoted = new Map<string, number>();
  readonly #failed = new Map<string, { readonly version: number; readonly search: number }>();
  #searches = 0;
  #next = 0;
  #isStarted = false;
  #isListed = false;
  #loading: Promise<void> | undefined;

  constructor(options: ModelDiscoveryOptions) {
    this.#options = options;
  }

  /** True once the models of the registry are known. */
  get isListed(): boolean {
    return this.#isListed;
  }

  /** Starts to search; models that are served now count as known. */
  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    void this.#run();
  }

  /** Describes how to serve a model that is in the registry and isn't served; undefined for any other model. */
  hint(model: string): string | undefined {
    const version = this.#unpromoted.get(model);
    if (version === undefined) return undefined;
    const { alias } = this.#options;
    const option = alias === 'champion' ? '' : ` --alias ${alias}`;
    return `the registry has it, without the alias "${alias}"; set it: fairlead model promote ${model} ${version}${option}`;
  }

  /** Records the models of the registry at the start: only new ones are searched for. */
  note(
    models: readonly {
      readonly model: string;
      readonly latestVersion: number;
      readonly aliases: Readonly<Record<string, number>>;
    }[],
  ): void {
    this.#isListed = true;
    for (const { model, latestVersion, aliases } of models) {
      if (Object.hasOwn(aliases, this.#options.alias)) this.#known.add(model);
      else if (latestVersion > 0) this.#unpromoted.set(model, latestVersion);
    }
  }

  /** Stops searching; resolves when no model is being loaded. A query of an unreachable registry is not awaited. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#loading?.catch(() => undefined);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    // Node's timers run a longer delay at once.
    const intervalMs = Math.min(SEARCH_EVERY * this.#options.pollIntervalMs, 2 ** 31 - 1);
    for (;;) {
      await sleep(intervalMs, undefined, { ref: false, signal }).catch(() => undefined);
      if (signal.aborted) return;
      this.#searches += 1;
      await this.#search().catch(this.#report);
    }
  }

  async #search(): Promise<void> {
    const { registry, isServed } = this.#options;
    const names = await registry.modelNames();
    const inRegistry = new Set(names);
    for (const name of this.#unpromoted.keys()) {
      if (!inRegistry.has(name)) this.#unpromoted.delete(name);
    }
    for (const name of names) if (isServed(name)) this.#serves(name);
    const candidates = names.filter((name) => !this.#known.has(name));
    const begin = candidates.length > 0 ? this.#next % candidates.length : 0;
    const queried = [...candidates.slice(begin), ...candidates.slice(0, begin)].slice(
      0,
      MAX_QUERIED,
    );
    this.#next = begin + queried.length;
    for (const model of queried) {
      if (this.#stop.signal.aborted) return;
      await this.#query(model).catch(this.#report);
    }
  }

  async #query(model: string): Promise<void> {
    const { registry, alias, load } = this.#options;
    const version = await registry.resolve(model, alias).then(
      (resolved) => resolved.version,
      (error: unknown) => {
        if (isNotFound(error)) return undefined;
        throw error;
      },
    );
    if (version === undefined) {
      const newest = (await registry.listVersions(model).catch(() => [])).at(-1);
      if (newest !== undefined) this.#unpromoted.set(model, newest.version);
      return;
    }
    const failed = this.#failed.get(model);
    if (failed?.version === version && this.#searches - failed.search < RETRY_AFTER) return;
    if (this.#stop.signal.aborted) return;
    try {
      this.#loading = load(model);
      await this.#loading;
      this.#serves(model);
    } catch (error) {
      this.#failed.set(model, { version, search: this.#searches });
      throw error;
    }
  }

  readonly #report = (error: unknown): void => {
    // After `close` nothing is logged.
    if (!this.#stop.signal.aborted) this.#options.onError(error);
  };

  #serves(model: string): void {
    this.#known.add(model);
    this.#unpromoted.delete(model);
    this.#failed.delete(model);
  }
}

function isNotFound(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    error.code.endsWith('_NOT_FOUND')
  );
}
