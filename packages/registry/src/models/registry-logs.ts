import { type AliasLog, aliasLog } from '../aliases/alias-log.ts';
import { checkAliasName, checkModelName } from '../checks/model-name.ts';
import { type EventLog, eventLog } from '../events/event-log.ts';
import type { KnownHeads } from '../records/numbered-log.ts';
import type { ObjectStore } from '../store/object-store.ts';
import type { Manifest } from '../versions/manifest.ts';
import { modelNotFound } from '../versions/model-names.ts';
import { requireManifest } from '../versions/open-version.ts';
import { type VersionLog, versionLog } from '../versions/version-log.ts';

/** The logs of the models of one registry; checks names, and remembers the newest record of each log. */
export class RegistryLogs {
  readonly store: ObjectStore;
  readonly now: () => Date;
  readonly heads: KnownHeads = new Map();

  constructor(store: ObjectStore, now: () => Date) {
    this.store = store;
    this.now = now;
  }

  /** Opens the versions of a model. */
  versions(model: string): VersionLog {
    checkModelName(model);
    return versionLog(this.store, model, this.heads);
  }

  /** Opens the events of a model. */
  events(model: string): EventLog {
    checkModelName(model);
    return eventLog(this.store, model, this.heads);
  }

  /** Opens the entries of an alias. */
  alias(model: string, alias: string): AliasLog {
    checkModelName(model);
    checkAliasName(alias);
    return aliasLog(this.store, model, alias, this.heads);
  }

  /** Reads the manifest of a version that has to exist. */
  manifest(model: string, version: number): Promise<Manifest> {
    return requireManifest(this.store, this.versions(model), model, version);
  }

  /** @throws RegistryError `ERR_REGISTRY_MODEL_NOT_FOUND` for a model without a version. */
  async requireModel(model: string): Promise<void> {
    if ((await this.versions(model).head()) === 0) throw await modelNotFound(this.store, model);
  }

  /** Manifests of all versions of a model, oldest first. */
  async manifests(model: string): Promise<readonly Manifest[]> {
    const manifests: Manifest[] = [];
    for (const version of await this.versions(model).numbers()) {
      manifests.push(await this.manifest(model, version));
    }
    if (manifests.length === 0) throw await modelNotFound(this.store, model);
    return manifests;
  }
}
