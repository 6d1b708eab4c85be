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

/** One change of an alias; immutable. The highest-numbered one says what the alias is. */
export interface AliasEntry extends ChainedRecord {
  readonly formatVersion: 1;
  readonly model: string;
  readonly alias: string;
  /** 1, 2, 3, … within the alias. */
  readonly number: number;
  /** The version that the alias means from here on. */
  readonly version: number;
  /** The version that it meant before; `null` in the first entry. */
  readonly previous: number | null;
  readonly action: 'set' | 'rollback';
  /** Of a rollback: the number of the entry whose version is back. */
  readonly restores?: number;
  readonly actor: string;
  readonly reason?: string;
  /** Of a guarded alias that was set: how its gates were decided. */
  readonly gates?: AliasGates;
  /** When: ISO 8601, UTC, by the writer's clock. */
  readonly at: string;
  /** Random; makes each entry distinct from every other. */
  readonly nonce: string;
  /** `seal` of the version's manifest: what an alias ever meant can't be exchanged unseen. */
  readonly versionSeal: string;
  /** `seal` of the entry before, which the writer had seen; `null` in the first entry. */
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
