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

/** Options of {@link pruneVersions}. */
export interface PruneOptions {
  /** Number of newest versions that aren't pruned unless they are archived, 1 or more; versions that an alias has ever pointed to are never pruned. */
  readonly keepLast: number;
  /**
   * Versions that are never pruned either, such as those of a rollout.
   *
   * @defaultValue none
   */
  readonly alsoKeep?: readonly number[];
  /** Person or program that prunes. */
  readonly actor: string;
  /** Reason, for the history. */
  readonly reason?: string;
  /**
   * Report what would be pruned, and prune nothing.
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
  alsoKeep: 'optional',
  actor: 'required',
  reason: 'optional',
  dryRun: 'optional',
  now: 'optional',
} as const;

/** Result of pruning, or of its dry run. */
export interface PruneReport {
  readonly model: string;
  readonly dryRun: boolean;
  /** Versions that this call pruned, or would prune. */
  readonly pruned: readonly number[];
  /** Versions that were pruned before. */
  readonly alreadyPruned: readonly number[];
  /** Versions that stay because an alias points to them, or has pointed to them. */
  readonly keptByAlias: readonly number[];
}

/**
 * Prunes old and archived versions of `model`: all except the newest `keepLast`, and those that an alias has ever pointed to.
 *
 * Manifests and histories stay. The next garbage collection deletes the files that no other version references; until then
 * setting an alias to such a version restores it.
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
    alsoKeep = [],
    actor,
    reason,
    dryRun = false,
    now = () => new Date(),
  } = checkOptions('pruneVersions', options, optionNames);
  checkModelName(model);
  checkAuditText('actor', actor);
  if (reason !== undefined) checkAuditText('reason', reason);
  checkInteger('keepLast', keepLast, 1);
  for (const version of alsoKeep) checkInteger('alsoKeep', version, 1);
  const versions = versionLog(store, model);
  const numbers = await versions.numbers();
  if (numbers.length === 0) throw await modelNotFound(store, model);
  const log = prunedLog(store, model);
  const before = new Set(await log.numbers());
  const inUse = await versionsOfAliases(store, model);
  const { versions: states } = foldEvents(await eventLog(store, model).readAll());
  const newest = new Set(numbers.slice(-keepLast));
  const spared = new Set(alsoKeep);
  const old = numbers.filter(
    (version) => !newest.has(version) || states.get(version)?.archived !== undefined,
  );
  const pruned = old.filter(
    (version) => !inUse.has(version) && !spared.has(version) && !before.has(version),
  );
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
    keptByAlias: old.filter((version) => inUse.has(version)),
  };
}

/** Returns every version that an alias of `model` has ever pointed to. */
async function versionsOfAliases(store: ObjectStore, model: string): Promise<ReadonlySet<number>> {
  const inUse = new Set<number>();
  for (const alias of await aliasNames(store, model)) {
    const log = aliasLog(store, model, alias);
    for (const number of await log.numbers()) {
      const entry = await log.read(number);
      if (entry !== undefined) inUse.add(entry.version);
    }
  }
  return inUse;
}
