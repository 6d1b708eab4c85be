import type { AliasEntry } from './aliases/alias-entry.ts';
import { type AliasLog, aliasLog } from './aliases/alias-log.ts';
import { checkAuditText } from './checks/audit-text.ts';
import { type AliasChangeOptions, appendChange, checkExpected } from './aliases/change-alias.ts';
import { followAlias, type FollowOptions } from './aliases/follow-alias.ts';
import { type EventLog, eventLog } from './events/event-log.ts';
import { type Deed, Journal } from './models/journal.ts';
import { type StoryItem, tellStory } from './timeline/timeline.ts';
import type { AliasGates, GateResult } from './aliases/alias-gates.ts';
import { guardAlias } from './gates/guard-alias.ts';
import { aliasNames, aliasNotFound } from './aliases/alias-names.ts';
import { modelNames, modelNotFound } from './versions/model-names.ts';
import { listModels, type ModelSummary } from './models/list-models.ts';
import type { Manifest } from './versions/manifest.ts';
import { checkAliasName, checkModelName } from './checks/model-name.ts';
import type { KnownHeads } from './records/numbered-log.ts';
import type { ObjectStore } from './store/object-store.ts';
import { openManifest, type OpenVersion, requireManifest } from './versions/open-version.ts';
import type { PushRequest } from './push/push-request.ts';
import { pushVersion, type PushResult } from './push/push-version.ts';
import { RegistryError } from './errors/registry-error.ts';
import type { ModelEvent } from './events/model-event.ts';
import type { ParityReport } from '@fairlead/parity';
import { recordParity, type RecordParityOptions } from './models/record-parity.ts';
import { readSignatures, requireTrusted, signVersion } from './signing/signatures.ts';
import { readPrivateKey } from './signing/signing-key.ts';
import type { TrustedKeys } from './signing/trusted-keys.ts';
import type { VersionSignature } from './signing/version-signature.ts';
import { rollbackTarget } from './aliases/rollback-target.ts';
import { withBlobLease } from './leases/blob-lease.ts';
import { requireFiles } from './versions/pruned-version.ts';
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
  /** Whose signatures `openVersion` asks for; without them, none. */
  readonly trustedKeys?: TrustedKeys;
}

/** With what a version is signed. */
export interface SignOptions extends Deed {
  /** The signer's private key, as PEM text: see `generateSigningKey`. */
  readonly privateKey: string;
}

/** A version that was asked for by its number or by an alias. */
export interface ResolvedVersion {
  readonly model: string;
  readonly version: number;
  /** What says so, when an alias was asked for. */
  readonly entry?: AliasEntry;
}

/** How an alias is set. */
export interface SetAliasOptions extends AliasChangeOptions {
  /** Sets the alias though the version doesn't pass its gates: why, for the history, which keeps the failed gates too. */
  readonly dangerouslySkipGates?: string;
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
  /** Store of the registry, for `@fairlead/registry/maintenance`. */
  readonly store: ObjectStore;
  readonly #clock: () => Date;
  readonly #trustedKeys: TrustedKeys | undefined;
  readonly #heads: KnownHeads = new Map();
  #swept = false;
  /** Tags, archival, approvals, measurements and gates, with everything that ever happened to them. */
  readonly journal: Journal;

  constructor({ store, clock = () => new Date(), trustedKeys }: ModelRegistryOptions) {
    this.#trustedKeys = trustedKeys;
    this.store = store;
    this.#clock = clock;
    this.journal = new Journal({
      store,
      clock,
      eventLog: (model) => this.#eventLog(model),
      manifest: (model, version) => this.#manifest(model, version),
      checkModel: async (model) => {
        if ((await this.#versionLog(model).head()) === 0) throw await modelNotFound(store, model);
      },
      aliasesOf: async (model, version) => {
        await this.#manifest(model, version);
        const means = async (alias: string) =>
          (await this.#aliasLog(model, alias).newest())?.version === version ? [alias] : [];
        return (await Promise.all((await aliasNames(store, model)).map(means))).flat();
      },
    });
  }

  /**
   * Keeps a new version: its files, then, once they are durable, its manifest.
   *
   * @throws RegistryError `ERR_REGISTRY_INVALID_MANIFEST` naming the field that is wrong, `ERR_REGISTRY_INVALID_PATH`,
   * `ERR_REGISTRY_INVALID_ARGUMENT`, `ERR_REGISTRY_TOO_LARGE`, `ERR_REGISTRY_SOURCE_UNREADABLE`,
   * `ERR_REGISTRY_SOURCE_CHANGED`, `ERR_REGISTRY_INVALID_ONNX`, `ERR_REGISTRY_NOT_PROVEN`
   */
  async push(request: PushRequest): Promise<PushResult> {
    const log = this.#versionLog(request.model);
    if (!this.#swept) {
      await this.store.sweep(LEFTOVER_AGE_MS);
      this.#swept = true;
    }
    const result = await pushVersion(this.store, log, request, this.#clock);
    const { manifest, measured } = result;
    if (measured !== undefined) {
      const values = { goldenExamples: manifest.goldenExamples.length, ...measured };
      for (const [name, value] of Object.entries(values)) {
        const measurement = {
          name,
          value,
          actor: request.actor,
          reason: 'tried out when it was pushed',
        };
        await this.journal.measure(manifest.model, manifest.version, measurement);
      }
    }
    return result;
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
    const entry = await this.#aliasLog(model, aliasOrVersion).newest();
    if (entry === undefined) throw await aliasNotFound(this.store, model, aliasOrVersion);
    return { model, version: entry.version, entry };
  }

  /** The models that have a version, in order of their names; a damaged alias is among the problems of its model. */
  list(): Promise<readonly ModelSummary[]> {
    return listModels(this.store, this.#heads);
  }

  /** Names of the models, in their order; also of one whose first version is being pushed. In S3, one request per 1000 models. */
  modelNames(): Promise<readonly string[]> {
    return modelNames(this.store);
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
    if (manifests.length === 0) throw await modelNotFound(this.store, model);
    return manifests;
  }

  /**
   * Everything that an alias ever meant, oldest first.
   *
   * @throws RegistryError `ERR_REGISTRY_MODEL_NOT_FOUND`, `ERR_REGISTRY_ALIAS_NOT_FOUND`
   */
  async history(model: string, alias: string): Promise<readonly AliasEntry[]> {
    const log = this.#aliasLog(model, alias);
    const entries = await log.readAll();
    if (entries.length === 0) throw await aliasNotFound(this.store, model, alias);
    return entries;
  }

  /**
   * Makes an alias mean `version`, in one write that only one of several writers at a time wins.
   *
   * When it means `version` already, nothing is written and the entry that says so is returned. A guarded alias
   * (`journal.setGates`) is set only when every gate is passed, and the entry keeps how each was decided.
   *
   * @throws GatesFailedError with every gate, its threshold and what was found; AliasConflictError when the alias isn't what `expected` says, or somebody else changed it at this moment;
   * RegistryError `ERR_REGISTRY_MODEL_NOT_FOUND`, `ERR_REGISTRY_VERSION_NOT_FOUND`, `ERR_REGISTRY_VERSION_PRUNED`, `ERR_REGISTRY_INVALID_ARGUMENT`
   */
  async setAlias(
    model: string,
    alias: string,
    version: number,
    options: SetAliasOptions,
  ): Promise<AliasEntry> {
    checkChange(options);
    const log = this.#aliasLog(model, alias);
    const to = await this.#manifest(model, version);
    const before = await log.newest();
    checkExpected(`cannot set "${alias}" of "${model}" to version ${version}`, before, options);
    if (before?.version === version) return before;
    const gates = await this.#guard(alias, to, before, options.dangerouslySkipGates);
    return this.#withFiles(to, () =>
      appendChange(log, { alias, before, to, gates, options }, this.#clock()),
    );
  }

  /**
   * Says how the gates of an alias would be decided for a version now, without setting anything; none when it isn't guarded.
   *
   * @throws RegistryError `ERR_REGISTRY_MODEL_NOT_FOUND`, `ERR_REGISTRY_VERSION_NOT_FOUND`, `ERR_REGISTRY_ARCHIVED`
   */
  async checkGates(model: string, alias: string, version: number): Promise<readonly GateResult[]> {
    const before = await this.#aliasLog(model, alias).newest();
    const to = await this.#manifest(model, version);
    const gates = await this.#guard(alias, to, before, 'only asked');
    return gates?.results ?? [];
  }

  /**
   * Everything that ever happened to a model, oldest first: who pushed, set, approved, measured, when and why, and how
   * gates were decided.
   *
   * @throws RegistryError `ERR_REGISTRY_MODEL_NOT_FOUND`
   */
  async story(model: string): Promise<readonly StoryItem[]> {
    const manifests = await this.listVersions(model);
    const aliases: (readonly AliasEntry[])[] = [];
    for (const alias of await aliasNames(this.store, model)) {
      // A folder whose first entry isn't written yet is no alias.
      if ((await this.#aliasLog(model, alias).head()) > 0) {
        aliases.push(await this.history(model, alias));
      }
    }
    return tellStory(manifests, aliases, await this.journal.events(model));
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
    const before = await log.newest();
    if (before === undefined) throw await aliasNotFound(this.store, model, alias);
    checkExpected(`cannot roll back "${alias}" of "${model}"`, before, options);
    const restores = await rollbackTarget(before, steps, (number) => log.require(number));
    const to = await this.#manifest(model, restores.version);
    if (to.seal !== restores.versionSeal) {
      throw new RegistryError(
        'ERR_REGISTRY_CORRUPT',
        `cannot roll back "${alias}" of "${model}": version ${to.version} was exchanged since ` +
          `entry ${restores.number}; restore it from a backup`,
      );
    }
    return this.#withFiles(to, () =>
      appendChange(log, { alias, before, to, restores, options }, this.#clock()),
    );
  }

  /**
   * Opens a version: its manifest, and its files, each verified when it is read.
   *
   * @throws RegistryError `ERR_REGISTRY_MODEL_NOT_FOUND`, `ERR_REGISTRY_VERSION_NOT_FOUND`; `ERR_REGISTRY_UNTRUSTED` when
   * `trustedKeys` were given, and too few of them signed just this version.
   */
  async openVersion(model: string, version: number): Promise<OpenVersion> {
    const manifest = await this.#manifest(model, version);
    if (this.#trustedKeys !== undefined) {
      await requireTrusted(this.store, manifest, this.#trustedKeys);
    }
    return openManifest(this.store, manifest);
  }

  /**
   * Signs a version: its name and the seal of its manifest, and through the hashes in that every byte of its files.
   *
   * @throws RegistryError `ERR_REGISTRY_INVALID_KEY`, `ERR_REGISTRY_MODEL_NOT_FOUND`, `ERR_REGISTRY_VERSION_NOT_FOUND`
   */
  async sign(model: string, version: number, options: SignOptions): Promise<VersionSignature> {
    checkChange(options);
    const key = readPrivateKey(options.privateKey);
    const manifest = await this.#manifest(model, version);
    const { actor } = options;
    const now = this.#clock();
    const { signature, created } = await signVersion(this.store, manifest, key, actor, now);
    if (created) await this.journal.signed(model, version, signature.keyId, options);
    return signature;
  }

  /**
   * Keeps how far a version is from its original (`compareOutputs`), with a page to look at, for the gate `parity <= 1e-4`.
   *
   * @throws RegistryError `ERR_REGISTRY_MODEL_NOT_FOUND`, `ERR_REGISTRY_VERSION_NOT_FOUND`
   */
  async recordParity(
    model: string,
    version: number,
    report: ParityReport,
    options: RecordParityOptions,
  ): Promise<ModelEvent> {
    return recordParity(this.journal, model, version, report, options);
  }

  /**
   * The signatures under a version, each valid for the key that it names; `openVersion` asks whether that is trusted.
   *
   * @throws RegistryError `ERR_REGISTRY_MODEL_NOT_FOUND`, `ERR_REGISTRY_VERSION_NOT_FOUND`
   */
  async signatures(model: string, version: number): Promise<readonly VersionSignature[]> {
    return readSignatures(this.store, await this.#manifest(model, version));
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

  /** Makes sure that the files of a version are there, and stay while `work` makes an alias mean it. */
  #withFiles<T>(version: Manifest, work: () => Promise<T>): Promise<T> {
    const sha256s = version.files.map(({ sha256 }) => sha256);
    return withBlobLease(this.store, sha256s, async () => {
      await requireFiles(this.store, version);
      return work();
    });
  }

  async #guard(
    alias: string,
    candidate: Manifest,
    before: AliasEntry | undefined,
    dangerouslySkipGates: string | undefined,
  ): Promise<AliasGates | undefined> {
    const { model } = candidate;
    const manifestOf = (entry: AliasEntry | undefined) =>
      entry && this.#manifest(model, entry.version);
    return guardAlias({
      alias,
      candidate,
      present: await manifestOf(before),
      events: await this.journal.events(model),
      versionOf: async (other) => manifestOf(await this.#aliasLog(model, other).newest()),
      dangerouslySkipGates,
    });
  }

  #manifest(model: string, version: number): Promise<Manifest> {
    return requireManifest(this.store, this.#versionLog(model), model, version);
  }

  #versionLog(model: string): VersionLog {
    checkModelName(model);
    return versionLog(this.store, model, this.#heads);
  }

  #eventLog(model: string): EventLog {
    checkModelName(model);
    return eventLog(this.store, model, this.#heads);
  }

  #aliasLog(model: string, alias: string): AliasLog {
    checkModelName(model);
    checkAliasName(alias);
    return aliasLog(this.store, model, alias, this.#heads);
  }
}

function checkChange({ actor, reason, dangerouslySkipGates }: SetAliasOptions): void {
  checkAuditText('actor', actor);
  if (reason !== undefined) checkAuditText('reason', reason);
  if (dangerouslySkipGates !== undefined) checkAuditText('reason', dangerouslySkipGates);
}
