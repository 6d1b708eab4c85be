import { z } from 'zod';
import type { ChainedRecord } from '../records/chained-record.ts';
import type { AliasGates } from './alias-gates.ts';
import { fields, FORMAT_VERSION } from '../records/record-schema.ts';

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

/** Schema of a stored entry; loose: fields of later releases survive. */
export const aliasEntrySchema: z.ZodType<AliasEntry> = z.looseObject({
  formatVersion: z.literal(FORMAT_VERSION),
  model: fields.text,
  alias: fields.text,
  number: fields.number,
  version: fields.number,
  previous: fields.number.nullable(),
  action: z.enum(['set', 'rollback']),
  restores: fields.number.exactOptional(),
  actor: fields.text,
  reason: fields.text.exactOptional(),
  gates: z
    .looseObject({
      event: fields.number,
      results: z.array(
        z.looseObject({ gate: fields.text, passed: z.boolean(), found: z.string() }),
      ),
      skipped: fields.text.exactOptional(),
    })
    .exactOptional(),
  at: fields.time,
  nonce: fields.text,
  versionSeal: fields.sha256,
  previousSeal: fields.sha256.nullable(),
  seal: fields.sha256,
});
