import type { ChainedRecord } from '../records/chained-record.ts';
import type { AliasGates, GateResult } from './alias-gates.ts';
import { FORMAT_VERSION } from '../records/check-record.ts';
import {
  boolean,
  list,
  nullable,
  number,
  object,
  type ObjectFields,
  oneOf,
  optional,
  sha256,
  string,
  text,
  time,
} from '../records/field-checks.ts';

/** An entry larger than this, in bytes, is neither written nor read. */
export const MAX_ALIAS_ENTRY_BYTES = 64 * 1024;

/** One change of an alias; immutable. The highest-numbered one is the current one. */
export interface AliasEntry extends ChainedRecord {
  readonly formatVersion: 1;
  readonly model: string;
  readonly alias: string;
  /** 1, 2, 3, … within the alias. */
  readonly number: number;
  /** Version that the alias points to from this entry on. */
  readonly version: number;
  /** Version that it pointed to before; `null` in the first entry. */
  readonly previous: number | null;
  readonly action: 'set' | 'rollback';
  /** Number of the entry that a rollback restores. */
  readonly restores?: number;
  readonly actor: string;
  readonly reason?: string;
  /** Gate results of a guarded alias that was set. */
  readonly gates?: AliasGates;
  /** Time: ISO 8601, UTC, by the writer's clock. */
  readonly at: string;
  /** Random; makes each entry distinct from every other. */
  readonly nonce: string;
  /** Digest (`seal`) of the version's manifest: a replaced version is detected. */
  readonly versionSeal: string;
  /** Digest (`seal`) of the entry before, which the writer had read; `null` in the first entry. */
  readonly previousSeal: string | null;
  /** SHA-256 of every byte of the stored entry before this field, in lower-case hexadecimal. */
  readonly seal: string;
}

/** Fields of a stored entry. */
export const aliasEntryFields: ObjectFields<AliasEntry> = {
  formatVersion: oneOf(FORMAT_VERSION),
  model: text,
  alias: text,
  number,
  version: number,
  previous: nullable(number),
  action: oneOf('set', 'rollback'),
  restores: optional(number),
  actor: text,
  reason: optional(text),
  gates: optional(
    object<AliasGates>({
      event: number,
      results: list(object<GateResult>({ gate: text, passed: boolean, found: string })),
      skipped: optional(text),
    }),
  ),
  at: time,
  nonce: text,
  versionSeal: sha256,
  previousSeal: nullable(sha256),
  seal: sha256,
};
