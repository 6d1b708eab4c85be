import type { AliasEntry } from './aliases/alias-entry.ts';
import type { GateResult } from './aliases/alias-gates.ts';
import { aliasNotFound } from './aliases/alias-names.ts';
import { followAlias, type FollowOptions } from './aliases/follow-alias.ts';
import { checkOptions } from './checks/check-options.ts';
import { listModels, type ModelSummary } from './models/list-models.ts';
import { ModelHandle } from './models/model-handle.ts';
import { RegistryLogs } from './models/registry-logs.ts';
import {
  evaluateAlias,
  rollBack,
  type RollbackOptions,
  setAlias,
  type SetAliasOptions,
} from './models/set-alias.ts';
import { pushOptions, type PushRequest } from './push/push-request.ts';
import { pushVersion, type PushResult } from './push/push-version.ts';
import { requireTrusted } from './signing/signatures.ts';
import type { TrustedKeys } from './signing/trusted-keys.ts';
import type { ObjectStore } from './store/object-store.ts';
import type { Manifest } from './versions/manifest.ts';
import { modelNames } from './versions/model-names.ts';
import {
  invalidVersion,
  isVersion,
  openManifest,
  type OpenVersion,
} from './versions/open-version.ts';

/** Settings of a {@link ModelRegistry}. */
export interface ModelRegistryOptions {
  readonly store: ObjectStore;
  /**
   * Clock of the history.
   *
   * @defaultValue the system's clock
   */
  readonly now?: () => Date;
  /** Keys whose signatures `openVersion` requires; without them, none. */
  readonly trustedKeys?: TrustedKeys;
}

/** A version, found by its number or by an alias. */
export interface ResolvedVersion {
  readonly model: string;
  readonly version: number;
  /** Newest entry of the alias, if it was found by one. */
  readonly entry?: AliasEntry;
}

const optionNames = { store: 'required', now: 'optional', trustedKeys: 'optional' } as const;

// A write that hasn't touched its file for that long has ended.
const LEFTOVER_AGE_MS = 24 * 60 * 60 * 1000;

/**
 * Immutable versions of models, and aliases that point to the versions in use, with their history.
 *
 * Every method throws `RegistryError`: `ERR_REGISTRY_INVALID_NAME` for an invalid name, `ERR_REGISTRY_STORE_…` when the store
 * fails, and `ERR_REGISTRY_CORRUPT` for an object that isn't intact; further codes are listed per method.
 *
 * @example
 * ```ts
 * import { folderStore, ModelRegistry } from '@fairlead/registry';
 *
 * const registry = new ModelRegistry({ store: folderStore('./registry') });
 * const { manifest } = await registry.push({
 *   model: 'iris',
 *   runtime: { name: 'onnx' },
 *   files: { 'model.onnx': './model.onnx' },
 *   metrics: { accuracy: 0.96 },
 *   actor: 'ada',
 * });
 * await registry.setAlias('iris', 'champion', manifest.version, { actor: 'ada' });
 * console.log((await registry.resolve('iris', 'champion')).version); // 1
 *
 * const { read } = await registry.openVersion('iris', 1);
 * console.log((await read('model.onnx')).length); // 128
 * ```
 */
export class ModelRegistry {
  /** Store of the registry, for `@fairlead/registry/maintenance`. */
  readonly store: ObjectStore;
  readonly #logs: RegistryLogs;
  readonly #trustedKeys: TrustedKeys | undefined;
  #swept = false;

  /** @throws RegistryError `ERR_REGISTRY_INVALID_OPTION` naming an unknown or missing option. */
  constructor(options: ModelRegistryOptions) {
    const {
      store,
      now = () => new Date(),
      trustedKeys,
    } = checkOptions('new ModelRegistry', options, optionNames);
    this.store = store;
    this.#logs = new RegistryLogs(store, now);
    this.#trustedKeys = trustedKeys;
  }

  /** Handle of a model, for events, tags, notes, gates, and of its versions: `registry.model('digits').version(3)`. */
  model(name: string): ModelHandle {
    return new ModelHandle(this.#logs, name);
  }

  /**
   * Stores a new version: its files, then, once they are durable, its manifest.
   *
   * @throws RegistryError `ERR_REGISTRY_INVALID_MANIFEST` naming the field, `ERR_REGISTRY_INVALID_PATH`,
   * `ERR_REGISTRY_INVALID_OPTION`, `ERR_REGISTRY_TOO_LARGE`, `ERR_REGISTRY_SOURCE_UNREADABLE`,
   * `ERR_REGISTRY_SOURCE_CHANGED`, `ERR_REGISTRY_INVALID_ONNX`, `ERR_REGISTRY_VALIDATION_FAILED`
   */
  async push(request: PushRequest): Promise<PushResult> {
    const log = this.#logs.versions(checkOptions('push', request, pushOptions).model);
    if (!this.#swept) {
      await this.store.sweep(LEFTOVER_AGE_MS);
      this.#swept = true;
    }
    const result = await pushVersion(this.store, log, request, this.#logs.now);
    const { manifest, measured } = result;
    if (measured !== undefined) {
      const values = { goldenExamples: manifest.goldenExamples.length, ...measured };
      const version = this.model(manifest.model).version(manifest.version);
      const audit = { actor: request.actor, reason: 'validated when it was pushed' };
      for (const [name, value] of Object.entries(values)) {
        await version.measure({ name, value, ...audit });
      }
    }
    return result;
  }

  /**
   * Finds the version that an alias points to, or checks that a version (`7` or `'7'`) exists.
   *
   * @throws RegistryError `ERR_REGISTRY_INVALID_VERSION` for digits that can't be a version; `ERR_REGISTRY_MODEL_NOT_FOUND`,
   * `ERR_REGISTRY_VERSION_NOT_FOUND`, `ERR_REGISTRY_ALIAS_NOT_FOUND`, each naming what exists.
   */
  async resolve(model: string, aliasOrVersion: string | number): Promise<ResolvedVersion> {
    if (typeof aliasOrVersion === 'number' || /^\d+$/.test(aliasOrVersion)) {
      const version = Number(aliasOrVersion);
      // In the caller's digits: a number beyond 2^53 is rounded.
      if (!isVersion(version)) throw invalidVersion(model, String(aliasOrVersion));
      await this.#logs.manifest(model, version);
      return { model, version };
    }
    const entry = await this.#logs.alias(model, aliasOrVersion).newest();
    if (entry === undefined) throw await aliasNotFound(this.store, model, aliasOrVersion);
    return { model, version: entry.version, entry };
  }

  /** Models that have a version, in order of their names; damaged aliases are listed in the `problems` of their model. */
  listModels(): Promise<readonly ModelSummary[]> {
    return listModels(this.store, this.#logs.heads);
  }

  /** Names of the models, in their order; also of one whose first version is being pushed. In S3, one request per 1000 models. */
  modelNames(): Promise<readonly string[]> {
    return modelNames(this.store);
  }

  /**
   * Manifests of all versions of a model, oldest first.
   *
   * @throws RegistryError `ERR_REGISTRY_MODEL_NOT_FOUND`
   */
  listVersions(model: string): Promise<readonly Manifest[]> {
    return this.#logs.manifests(model);
  }

  /**
   * Opens a version: its manifest, and its files, each verified when it is read.
   *
   * @throws RegistryError `ERR_REGISTRY_MODEL_NOT_FOUND`, `ERR_REGISTRY_VERSION_NOT_FOUND`; `ERR_REGISTRY_UNTRUSTED` when
   * `trustedKeys` were given, and too few of them signed this version.
   */
  async openVersion(model: string, version: number): Promise<OpenVersion> {
    const manifest = await this.#logs.manifest(model, version);
    if (this.#trustedKeys !== undefined) {
      await requireTrusted(this.store, manifest, this.#trustedKeys);
    }
    return openManifest(this.store, manifest);
  }

  /**
   * All entries of an alias, oldest first.
   *
   * @throws RegistryError `ERR_REGISTRY_MODEL_NOT_FOUND`, `ERR_REGISTRY_ALIAS_NOT_FOUND`
   */
  async history(model: string, alias: string): Promise<readonly AliasEntry[]> {
    const entries = await this.#logs.alias(model, alias).readAll();
    if (entries.length === 0) throw await aliasNotFound(this.store, model, alias);
    return entries;
  }

  /**
   * Points an alias to `version`, in one write; of several concurrent writers one wins.
   *
   * When it points to `version` already, nothing is written and the current entry is returned. A guarded alias
   * (`model(name).setGates`) is set only when every gate passes, and the entry stores the result of each gate.
   *
   * @throws GatesFailedError with every gate, its threshold and its value; AliasConflictError when the alias differs from
   * `expected`, or another writer was first; RegistryError `ERR_REGISTRY_MODEL_NOT_FOUND`, `ERR_REGISTRY_VERSION_NOT_FOUND`,
   * `ERR_REGISTRY_VERSION_PRUNED`, `ERR_REGISTRY_ARCHIVED`, `ERR_REGISTRY_INVALID_OPTION`
   */
  async setAlias(
    model: string,
    alias: string,
    version: number,
    options: SetAliasOptions,
  ): Promise<AliasEntry> {
    return setAlias(this.#logs, model, alias, version, options);
  }

  /**
   * Points an alias back to its previous version, in one write; a second rollback goes one version further back.
   *
   * @throws RegistryError `ERR_REGISTRY_NOTHING_TO_ROLL_BACK`, `ERR_REGISTRY_ALIAS_NOT_FOUND`, and the errors of `setAlias`.
   */
  async rollback(model: string, alias: string, options: RollbackOptions): Promise<AliasEntry> {
    return rollBack(this.#logs, model, alias, options);
  }

  /**
   * Evaluates the gates of an alias for a version, and sets nothing; empty for an alias without gates.
   *
   * @throws RegistryError `ERR_REGISTRY_MODEL_NOT_FOUND`, `ERR_REGISTRY_VERSION_NOT_FOUND`, `ERR_REGISTRY_ARCHIVED`
   */
  async checkGates(model: string, alias: string, version: number): Promise<readonly GateResult[]> {
    const before = await this.#logs.alias(model, alias).newest();
    const to = await this.#logs.manifest(model, version);
    const gates = await evaluateAlias(this.#logs, alias, to, before, 'evaluated only');
    return gates?.results ?? [];
  }

  /**
   * Yields the current entry of an alias, once there is one, and then the newest one after each change.
   *
   * An unreachable store is reported to `onError` and polled again. The iteration ends when `signal` is aborted.
   *
   * @throws RegistryError `ERR_REGISTRY_INVALID_OPTION` immediately for an interval that isn't a positive number.
   */
  follow(model: string, alias: string, options: FollowOptions = {}): AsyncIterable<AliasEntry> {
    return followAlias(this.#logs.alias(model, alias), options);
  }
}
