import { randomUUID } from 'node:crypto';
import { AliasConflictError } from './alias-conflict-error.ts';
import type { AliasEntry } from './alias-entry.ts';
import type { AliasGates } from './alias-gates.ts';
import { encodeRecord } from '../records/stored-record.ts';
import type { AliasLog } from './alias-log.ts';
import type { Manifest } from '../versions/manifest.ts';
import { FORMAT_VERSION } from '../records/check-record.ts';

/** Author and reason of a change of an alias, and the expected current version. */
export interface AliasChangeOptions {
  /** Person or program that changes it. */
  readonly actor: string;
  /** Reason, for the history. */
  readonly reason?: string;
  /** Version that the alias has to point to now, `null` for none; without it, any version is replaced. */
  readonly expected?: number | null;
}

/** A change of an alias that isn't written yet. */
export interface AliasChange {
  readonly alias: string;
  /** Entry that its writer has read. */
  readonly before: AliasEntry | undefined;
  readonly to: Manifest;
  /** The entry that a rollback restores. */
  readonly restores?: AliasEntry;
  /** Gate results, if it has gates. */
  readonly gates?: AliasGates | undefined;
  readonly options: AliasChangeOptions;
}

/** @throws AliasConflictError when the current version isn't the expected one; `change` describes what isn't done. */
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
 * Appends the entry after the one that was read.
 *
 * @throws AliasConflictError when another writer appended first.
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
