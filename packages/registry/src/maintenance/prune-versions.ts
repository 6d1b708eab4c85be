import { randomUUID } from 'node:crypto';
import { aliasLog } from '../aliases/alias-log.ts';
import { checkAuditText } from '../checks/audit-text.ts';
import { eventLog } from '../events/event-log.ts';
import { foldEvents } from '../events/model-state.ts';
import { aliasNames } from '../aliases/alias-names.ts';
import { modelNotFound } from '../versions/model-names.ts';
import { checkInteger } from '../checks/invalid-option.ts';
import { checkOptions } from '../checks/check-options.ts';
import { checkModelName } from '../checks/model-name.ts';
import { FORMAT_VERSION } from '../records/check-record.ts';
import { encodeRecord } from '../records/stored-record.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { requireManifest } from '../versions/open-version.ts';
import { versionLog } from '../versions/version-log.ts';
import { prunedLog } from '../versions/pruned-record.ts';

/** Which versions stay. */
export interface PruneOptions {
  /** How many of the newest versions stay, 1 or more, unless they are archived; those that an alias ever meant stay besides. */
  readonly keepLast: number;
  /** Person or program that prunes. */
  readonly actor: string;
  /** Why, for the history. */
  readonly reason?: string;
  /**
   * Only say what would be pruned.
   *
   * @defaultValue false
   */
  readonly dryRun?: boolean;
  /**
   * Clock of the history.
   *
   * @defaultValue the system's clock
   */
  readonly now?: () => Date;
}

const optionNames = {
  keepLast: 'required',
  actor: 'required',
  reason: 'optional',
  dryRun: 'optional',
  now: 'optional',
} as const;

/** Result of pruning, or of its dry run. */
export interface PruneReport {
  readonly model: string;
  readonly dryRun: boolean;
  /** Versions that are pruned from now on. */
  readonly pruned: readonly number[];
  /** Versions that were pruned before. */
  readonly alreadyPruned: readonly number[];
  /** Versions that stay because an alias points to them, or has pointed to them. */
  readonly keptByAlias: readonly number[];
}

/**
 * Lets the files of old and of archived versions of `model` go: all but the newest `keepLast`, and everything that an
 * alias ever meant.
 *
 * Manifests and histories stay. The next garbage collection removes the files that nothing else names; until then an
 * alias that is set to such a version brings it back.
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_OPTION`, `ERR_REGISTRY_MODEL_NOT_FOUND`, `ERR_REGISTRY_CORRUPT`
 *
 * @example
 * ```ts
 * import { folderStore } from '@fairlead/registry';
 * import { pruneVersions } from '@fairlead/registry/maintenance';
 *
 * const { pruned, keptByAlias } = await pruneVersions(folderStore('./registry'), 'digits', {
 *   keepLast: 1,
 *   actor: 'ada',
 * });
 * console.log(pruned, keptByAlias); // [] [ 1 ]
 * ```
 */
export async function pruneVersions(
  store: ObjectStore,
  model: string,
  options: PruneOptions,
): Promise<PruneReport> {
  const {
    keepLast,
    actor,
    reason,
    dryRun = false,
    now = () => new Date(),
  } = checkOptions('pruneVersions', options, optionNames);
  checkModelName(model);
  checkAuditText('actor', actor);
  if (reason !== undefined) checkAuditText('reason', reason);
  checkInteger('keepLast', keepLast, 1);
  const versions = versionLog(store, model);
  const numbers = await versions.numbers();
  if (numbers.length === 0) throw await modelNotFound(store, model);
  const log = prunedLog(store, model);
  const before = new Set(await log.numbers());
  const meant = await versionsMeant(store, model);
  const { versions: states } = foldEvents(await eventLog(store, model).readAll());
  const newest = new Set(numbers.slice(-keepLast));
  const old = numbers.filter(
    (version) => !newest.has(version) || states.get(version)?.archived !== undefined,
  );
  const pruned = old.filter((version) => !meant.has(version) && !before.has(version));
  if (!dryRun) {
    for (const version of pruned) {
      const { seal } = await requireManifest(store, versions, model, version);
      const bytes = encodeRecord({
        formatVersion: FORMAT_VERSION,
        model,
        version,
        versionSeal: seal,
        actor,
        ...(reason !== undefined && { reason }),
        at: now().toISOString(),
        nonce: randomUUID(),
      });
      // Of two concurrent prunings either record is valid.
      await log.create(version, bytes);
    }
  }
  return {
    model,
    dryRun,
    pruned,
    alreadyPruned: old.filter((version) => before.has(version)),
    keptByAlias: old.filter((version) => meant.has(version)),
  };
}

/** Every version that an alias of `model` ever meant. */
async function versionsMeant(store: ObjectStore, model: string): Promise<ReadonlySet<number>> {
  const meant = new Set<number>();
  for (const alias of await aliasNames(store, model)) {
    const log = aliasLog(store, model, alias);
    for (const number of await log.numbers()) {
      const entry = await log.read(number);
      if (entry !== undefined) meant.add(entry.version);
    }
  }
  return meant;
}
