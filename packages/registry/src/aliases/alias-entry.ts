import { z } from 'zod';
import type { AliasGates } from './alias-gates.ts';
import { checkRecord, fields, FORMAT_VERSION } from '../records/record-schema.ts';
import { encodeRecord, decodeRecord } from '../records/stored-record.ts';

/** An entry larger than this, in bytes, is neither written nor read. */
export const MAX_ALIAS_ENTRY_BYTES = 64 * 1024;

/** One change of an alias; immutable. The highest-numbered one says what the alias is. */
export interface AliasEntry {
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

const schema: z.ZodType<AliasEntry> = z.looseObject({
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

/** Writes an entry as it is stored. */
export function encodeAliasEntry(entry: Omit<AliasEntry, 'seal'>): Uint8Array {
  return encodeRecord(entry);
}

/**
 * Reads a stored entry; `key` names it in messages.
 *
 * @throws RegistryError `ERR_REGISTRY_CORRUPT`, `ERR_REGISTRY_UNSUPPORTED_FORMAT` or `ERR_REGISTRY_INVALID_MANIFEST`.
 */
export function decodeAliasEntry(key: string, bytes: Uint8Array): AliasEntry {
  return checkRecord(key, schema, decodeRecord(key, bytes));
}

/** How `entry` contradicts the one before it (`undefined` for the first), or `undefined` when it doesn't. */
export function chainProblem(
  before: AliasEntry | undefined,
  entry: AliasEntry,
): string | undefined {
  const number = (before?.number ?? 0) + 1;
  if (entry.number !== number) return `entry ${number} is missing before entry ${entry.number}`;
  if (entry.previousSeal === (before?.seal ?? null) && entry.previous === (before?.version ?? null))
    return undefined;
  return before === undefined
    ? 'its first entry continues one that is missing'
    : `entry ${number} does not continue entry ${number - 1}, which was exchanged after it`;
}
