import { type AliasEntry, chainProblem } from './aliases/alias-entry.ts';
import { type AliasLog, aliasLog } from './aliases/alias-log.ts';
import { checkAuditText } from './audit-text.ts';
import {
  type AliasChangeOptions,
  appendChange,
  checkExpected,
  currentEntry,
  requireEntry,
} from './aliases/change-alias.ts';
import { followAlias, type FollowOptions } from './aliases/follow-alias.ts';
import { aliasNotFound, listModels, modelNotFound, type ModelSummary } from './listing.ts';
import type { Manifest } from './versions/manifest.ts';
import { checkAliasName, checkModelName } from './model-name.ts';
import type { KnownHeads } from './records/numbered-log.ts';
import type { ObjectStore } from './store/object-store.ts';
import { openManifest, type OpenVersion, requireManifest } from './versions/open-version.ts';
import type { PushRequest } from './push/push-request.ts';
import { pushVersion, type PushResult } from './push/push-version.ts';
import { RegistryError } from './registry-error.ts';
import { rollbackTarget } from './aliases/rollback-target.ts';
import { type VerifyReport, verifyStore } from './verify/verify-store.ts';
import { type VersionLog, versionLog } from './versions/version-log.ts';

/** Settings of a {@link ModelRegistry}. */
export interface ModelRegistryOptions {
  readonly store: ObjectStore;
  /**
   * Says what time it is, for the history.
   *
   * @defaultValue the system's clock
   */
  readonly clock?: () => Date;
}

/** A version that was asked for by its number or by an alias. */
export interface ResolvedVersion {
  readonly model: string;
  readonly version: number;
  /** What says so, when an alias was asked for. */
  readonly entry?: AliasEntry;
}

/** How an alias is rolled back. */
export interface RollbackOptions extends AliasChangeOptions {
  /**
   * How many values to go back.
   *
   * @defaultValue 1
   */
  readonly steps?: number;
}

// A write that runs longer than that without touching its file is not running.
const LEFTOVER_AGE_MS = 24 * 60 * 60 * 1000;

/**
 * What can run: immutable versions of models, and aliases that say which one does, with their whole history.
 *
 * Every method throws `RegistryError`: `ERR_REGISTRY_INVALID_NAME` for a name that cannot be one, `ERR_REGISTRY_STORE_…`
 * when the store fails, and `ERR_REGISTRY_CORRUPT` for what isn't as it was written; more is said where there is more.
 */
export class ModelRegistry {
  readonly #store: ObjectStore;
  readonly #clock: () => Date;
  readonly #heads: KnownHeads = new Map();
  #swept = false;

  constructor({ store, clock = () => new Date() }: ModelRegistryOptions) {
    this.#store = store;
    this.#clock = clock;
  }

  /**
   * Keeps a new version: its files, then, once they are durable, its manifest.
   *
   * @throws RegistryError `ERR_REGISTRY_INVALID_MANIFEST` naming the field that is wrong, `ERR_REGISTRY_INVALID_PATH`,
   * `ERR_REGISTRY_INVALID_ARGUMENT`, `ERR_REGISTRY_TOO_LARGE`, `ERR_REGISTRY_SOURCE_UNREADABLE`,
   * `ERR_REGISTRY_SOURCE_CHANGED`
   */
  async push(request: PushRequest): Promise<PushResult> {
    const log = this.#versionLog(request.model);
    if (!this.#swept) {
      await this.#store.sweep(LEFTOVER_AGE_MS);
      this.#swept = true;
    }
    return pushVersion(this.#store, log, request, this.#clock);
  }

  /**
   * Says which version an alias means, or that a version (`7` or `'7'`) exists.
   *
   * @throws RegistryError `ERR_REGISTRY_MODEL_NOT_FOUND`, `ERR_REGISTRY_VERSION_NOT_FOUND`,
   * `ERR_REGISTRY_ALIAS_NOT_FOUND`, each naming what there is.
   */
  async resolve(model: string, aliasOrVersion: string | number): Promise<ResolvedVersion> {
    if (typeof aliasOrVersion === 'number' || /^\d+$/.test(aliasOrVersion)) {
      const { version } = await this.#manifest(model, Number(aliasOrVersion));
      return { model, version };
    }
    const entry = await currentEntry(this.#aliasLog(model, aliasOrVersion));
    if (entry === undefined) throw await aliasNotFound(this.#store, model, aliasOrVersion);
    return { model, version: entry.version, entry };
  }

  /** The models that have a version, in order of their names. */
  list(): Promise<readonly ModelSummary[]> {
    return listModels(this.#store, this.#heads);
  }

  /**
   * The manifests of all versions of a model, oldest first.
   *
   * @throws RegistryError `ERR_REGISTRY_MODEL_NOT_FOUND`
   */
  async listVersions(model: string): Promise<readonly Manifest[]> {
    const log = this.#versionLog(model);
    const manifests: Manifest[] = [];
    for (const version of await log.numbers()) manifests.push(await this.#manifest(model, version));
    if (manifests.length === 0) throw await modelNotFound(this.#store, model);
    return manifests;
  }

  /**
   * Everything that an alias ever meant, oldest first.
   *
   * @throws RegistryError `ERR_REGISTRY_MODEL_NOT_FOUND`, `ERR_REGISTRY_ALIAS_NOT_FOUND`
   */
  async history(model: string, alias: string): Promise<readonly AliasEntry[]> {
    const log = this.#aliasLog(model, alias);
    const entries: AliasEntry[] = [];
    for (const number of await log.numbers()) {
      const entry = await requireEntry(log, number);
      const problem = chainProblem(entries.at(-1), entry);
      if (problem !== undefined) {
        throw new RegistryError('ERR_REGISTRY_CORRUPT', `${log.keyOf(number)}: ${problem}`);
      }
      entries.push(entry);
    }
    if (entries.length === 0) throw await aliasNotFound(this.#store, model, alias);
    return entries;
  }

  /**
   * Makes an alias mean `version`, in one write that only one of several writers at a time wins.
   *
   * When it means `version` already, nothing is written and the entry that says so is returned.
   *
   * @throws AliasConflictError when the alias isn't what `expected` says, or somebody else changed it at this moment;
   * RegistryError `ERR_REGISTRY_MODEL_NOT_FOUND`, `ERR_REGISTRY_VERSION_NOT_FOUND`, `ERR_REGISTRY_INVALID_ARGUMENT`
   */
  async setAlias(
    model: string,
    alias: string,
    version: number,
    options: AliasChangeOptions,
  ): Promise<AliasEntry> {
    checkChange(options);
    const log = this.#aliasLog(model, alias);
    const to = await this.#manifest(model, version);
    const before = await currentEntry(log);
    checkExpected(`cannot set "${alias}" of "${model}" to version ${version}`, before, options);
    if (before?.version === version) return before;
    return appendChange(log, { alias, before, to, options }, this.#clock());
  }

  /**
   * Makes an alias mean what it meant before, in one write; rolling back again goes further back.
   *
   * @throws RegistryError `ERR_REGISTRY_NOTHING_TO_ROLL_BACK`, `ERR_REGISTRY_ALIAS_NOT_FOUND`, and what `setAlias` throws.
   */
  async rollback(model: string, alias: string, options: RollbackOptions): Promise<AliasEntry> {
    checkChange(options);
    const { steps = 1 } = options;
    if (!Number.isSafeInteger(steps) || steps < 1) {
      throw new RegistryError(
        'ERR_REGISTRY_INVALID_ARGUMENT',
        `cannot roll back by ${steps} steps: steps are 1, 2, 3, …`,
      );
    }
    const log = this.#aliasLog(model, alias);
    const before = await currentEntry(log);
    if (before === undefined) throw await aliasNotFound(this.#store, model, alias);
    checkExpected(`cannot roll back "${alias}" of "${model}"`, before, options);
    const restores = await rollbackTarget(before, steps, (number) => requireEntry(log, number));
    const to = await this.#manifest(model, restores.version);
    if (to.seal !== restores.versionSeal) {
      throw new RegistryError(
        'ERR_REGISTRY_CORRUPT',
        `cannot roll back "${alias}" of "${model}": version ${to.version} was exchanged since ` +
          `entry ${restores.number}; restore it from a backup`,
      );
    }
    return appendChange(log, { alias, before, to, restores, options }, this.#clock());
  }

  /**
   * Opens a version: its manifest, and its files, each verified when it is read.
   *
   * @throws RegistryError `ERR_REGISTRY_MODEL_NOT_FOUND`, `ERR_REGISTRY_VERSION_NOT_FOUND`
   */
  async openVersion(model: string, version: number): Promise<OpenVersion> {
    return openManifest(this.#store, await this.#manifest(model, version));
  }

  /**
   * Yields the entry that says what an alias means, once there is one, and then the newest one after each change.
   *
   * A store that is away is told to `onError` and asked again. The iteration ends when `signal` is aborted.
   *
   * @throws RegistryError `ERR_REGISTRY_INVALID_ARGUMENT` at once for an interval that isn't a positive number.
   */
  follow(model: string, alias: string, options: FollowOptions = {}): AsyncIterable<AliasEntry> {
    const { pollIntervalMs = 1 } = options;
    if (!Number.isFinite(pollIntervalMs) || pollIntervalMs <= 0) {
      throw new RegistryError(
        'ERR_REGISTRY_INVALID_ARGUMENT',
        `cannot look every ${pollIntervalMs} ms: pollIntervalMs is a positive number of milliseconds`,
      );
    }
    return followAlias(this.#aliasLog(model, alias), options);
  }

  /** Reads every byte of the registry, and reports each manifest, artifact and alias that isn't as it was written. */
  verify(): Promise<VerifyReport> {
    return verifyStore(this.#store);
  }

  #manifest(model: string, version: number): Promise<Manifest> {
    return requireManifest(this.#store, this.#versionLog(model), model, version);
  }

  #versionLog(model: string): VersionLog {
    checkModelName(model);
    return versionLog(this.#store, model, this.#heads);
  }

  #aliasLog(model: string, alias: string): AliasLog {
    checkModelName(model);
    checkAliasName(alias);
    return aliasLog(this.#store, model, alias, this.#heads);
  }
}

function checkChange({ actor, reason }: AliasChangeOptions): void {
  checkAuditText('actor', actor);
  if (reason !== undefined) checkAuditText('reason', reason);
}
