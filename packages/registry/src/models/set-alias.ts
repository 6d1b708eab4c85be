import type { AliasEntry } from '../aliases/alias-entry.ts';
import type { AliasGates } from '../aliases/alias-gates.ts';
import { aliasNotFound } from '../aliases/alias-names.ts';
import { type AliasChangeOptions, appendChange, checkExpected } from '../aliases/change-alias.ts';
import { rollbackTarget } from '../aliases/rollback-target.ts';
import { auditOptions, checkAuditOptions } from '../checks/audit-context.ts';
import { checkAuditText } from '../checks/audit-text.ts';
import { checkInteger } from '../checks/invalid-option.ts';
import { RegistryError } from '../errors/registry-error.ts';
import { guardAlias } from '../gates/guard-alias.ts';
import { withBlobLease } from '../leases/blob-lease.ts';
import type { Manifest } from '../versions/manifest.ts';
import { requireFiles } from '../versions/pruned-version.ts';
import type { RegistryLogs } from './registry-logs.ts';

/** Settings of `setAlias`. */
export interface SetAliasOptions extends AliasChangeOptions {
  /** Sets the alias although the version fails its gates: the reason, for the history, which records the failed gates too. */
  readonly dangerouslySkipGates?: string;
}

/** Settings of `rollback`. */
export interface RollbackOptions extends AliasChangeOptions {
  /**
   * Number of values to go back.
   *
   * @defaultValue 1
   */
  readonly steps?: number;
}

const changeOptions = { ...auditOptions, expected: 'optional' } as const;

/** Points an alias to a version that passes its gates. */
export async function setAlias(
  logs: RegistryLogs,
  model: string,
  alias: string,
  version: number,
  options: SetAliasOptions,
): Promise<AliasEntry> {
  const { dangerouslySkipGates: skipGates } = checkAuditOptions('setAlias', options, {
    ...changeOptions,
    dangerouslySkipGates: 'optional',
  });
  if (skipGates !== undefined) checkAuditText('reason', skipGates);
  const log = logs.alias(model, alias);
  const to = await logs.manifest(model, version);
  const before = await log.newest();
  checkExpected(`cannot set "${alias}" of "${model}" to version ${version}`, before, options);
  if (before?.version === version) return before;
  const gates = await evaluateAlias(logs, alias, to, before, skipGates);
  return withFiles(logs, to, () =>
    appendChange(log, { alias, before, to, gates, options }, logs.now()),
  );
}

/** Points an alias back to an earlier version. */
export async function rollBack(
  logs: RegistryLogs,
  model: string,
  alias: string,
  options: RollbackOptions,
): Promise<AliasEntry> {
  const { steps = 1 } = checkAuditOptions('rollback', options, {
    ...changeOptions,
    steps: 'optional',
  });
  checkInteger('steps', steps, 1);
  const log = logs.alias(model, alias);
  const before = await log.newest();
  if (before === undefined) throw await aliasNotFound(logs.store, model, alias);
  checkExpected(`cannot roll back "${alias}" of "${model}"`, before, options);
  const restores = await rollbackTarget(before, steps, (number) => log.require(number));
  const to = await logs.manifest(model, restores.version);
  if (to.seal !== restores.versionSeal) {
    throw new RegistryError(
      'ERR_REGISTRY_CORRUPT',
      `cannot roll back "${alias}" of "${model}": version ${to.version} was exchanged since ` +
        `entry ${restores.number}; restore it from a backup`,
    );
  }
  return withFiles(logs, to, () =>
    appendChange(log, { alias, before, to, restores, options }, logs.now()),
  );
}

/** Evaluates the gates of an alias for a version; `undefined` without gates. */
export async function evaluateAlias(
  logs: RegistryLogs,
  alias: string,
  candidate: Manifest,
  before: AliasEntry | undefined,
  dangerouslySkipGates: string | undefined,
): Promise<AliasGates | undefined> {
  const { model } = candidate;
  const manifestOf = (entry: AliasEntry | undefined): Promise<Manifest> | undefined =>
    entry && logs.manifest(model, entry.version);
  return guardAlias({
    alias,
    candidate,
    present: await manifestOf(before),
    events: await logs.events(model).readAll(),
    versionOf: async (other) => manifestOf(await logs.alias(model, other).newest()),
    dangerouslySkipGates,
  });
}

/** Ensures that the files of a version exist, and stay while `work` points an alias to it. */
function withFiles<T>(
  { store, now }: RegistryLogs,
  version: Manifest,
  work: () => Promise<T>,
): Promise<T> {
  const sha256s = version.files.map(({ sha256 }) => sha256);
  const checked = async (): Promise<T> => {
    await requireFiles(store, version);
    return work();
  };
  return withBlobLease(store, sha256s, checked, now);
}
