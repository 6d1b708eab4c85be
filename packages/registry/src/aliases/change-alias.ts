import { randomUUID } from 'node:crypto';
import { AliasConflictError } from './alias-conflict-error.ts';
import type { AliasEntry } from './alias-entry.ts';
import type { AliasGates } from './alias-gates.ts';
import { encodeRecord } from '../records/stored-record.ts';
import type { AliasLog } from './alias-log.ts';
import type { Manifest } from '../versions/manifest.ts';
import { FORMAT_VERSION } from '../records/check-record.ts';

/** Who changes an alias, why, and what they believe it to be. */
export interface AliasChangeOptions {
  /** Who changes it. */
  readonly actor: string;
  /** Why, for the history. */
  readonly reason?: string;
  /** The version that the alias has to mean now, `null` for none; left out, whatever it means is replaced. */
  readonly expected?: number | null;
}

/** A change of an alias that is to be made. */
export interface AliasChange {
  readonly alias: string;
  /** What its writer saw. */
  readonly before: AliasEntry | undefined;
  readonly to: Manifest;
  /** The entry that a rollback restores. */
  readonly restores?: AliasEntry;
  /** How its gates were decided, if it has any. */
  readonly gates?: AliasGates | undefined;
  readonly options: AliasChangeOptions;
}

/** @throws AliasConflictError when what was seen isn't what the caller expects; `change` says what is not done. */
export function checkExpected(
  change: string,
  before: AliasEntry | undefined,
  { expected }: AliasChangeOptions,
): void {
  if (expected === undefined || expected === (before?.version ?? null)) return;
  const belief = expected === null ? 'expected not to be set' : `expected at version ${expected}`;
  throw new AliasConflictError(`${change}, ${belief}`, before ?? null);
}

/**
 * Appends the entry after the one that was seen.
 *
 * @throws AliasConflictError when somebody else appended first.
 */
export async function appendChange(
  log: AliasLog,
  change: AliasChange,
  at: Date,
): Promise<AliasEntry> {
  const { alias, before, to, restores, gates, options } = change;
  const number = (before?.number ?? 0) + 1;
  const bytes = encodeRecord({
    formatVersion: FORMAT_VERSION,
    model: to.model,
    alias,
    number,
    version: to.version,
    previous: before?.version ?? null,
    action: restores === undefined ? 'set' : 'rollback',
    ...(restores !== undefined && { restores: restores.number }),
    actor: options.actor,
    ...(options.reason !== undefined && { reason: options.reason }),
    ...(gates !== undefined && { gates }),
    at: at.toISOString(),
    nonce: randomUUID(),
    versionSeal: to.seal,
    previousSeal: before?.seal ?? null,
  });
  const entry = await log.decode(number, bytes);
  if (await log.create(number, bytes)) return entry;
  const verb = restores === undefined ? 'set' : 'roll back';
  throw new AliasConflictError(
    `cannot ${verb} "${alias}" of "${to.model}" to version ${to.version}`,
    await log.require(number),
  );
}
