import { z } from 'zod';
import type { ChainedRecord } from '../records/chained-record.ts';
import type { JsonValue } from '../records/json-value.ts';
import { fields, FORMAT_VERSION } from '../records/record-schema.ts';

/** An event larger than this, in bytes, is neither written nor read. */
export const MAX_EVENT_BYTES = 256 * 1024;

/** What this package records; an event of a later release may have another type. */
export const eventTypes = [
  'tag-set',
  'tag-deleted',
  'archived',
  'unarchived',
  'approved',
  'approval-withdrawn',
  'measured',
  'gates-set',
  'signed',
  'note',
] as const;

/** Type of an event that this package records. */
export type EventType = (typeof eventTypes)[number];

/** Something that happened to a model, beyond pushes and changes of aliases; immutable. */
export interface ModelEvent extends ChainedRecord {
  readonly formatVersion: 1;
  readonly model: string;
  /** 1, 2, 3, … within the model. */
  readonly number: number;
  /** One of {@link EventType}, or what a later release records. */
  readonly type: string;
  /** The version that it is about, if it is about one. */
  readonly version?: number;
  /** `seal` of that version's manifest. */
  readonly versionSeal?: string;
  /** What is particular to the type. */
  readonly data: Readonly<Record<string, JsonValue>>;
  readonly actor: string;
  readonly reason?: string;
  /** When: ISO 8601, UTC, by the writer's clock. */
  readonly at: string;
  /** Random; makes each event distinct from every other. */
  readonly nonce: string;
  /** `seal` of the event before; `null` in the first. */
  readonly previousSeal: string | null;
  /** SHA-256 of every byte of the stored event before this field, in lower-case hexadecimal. */
  readonly seal: string;
}

/** Schema of a stored event; loose: fields of later releases survive. */
export const modelEventSchema: z.ZodType<ModelEvent> = z.looseObject({
  formatVersion: z.literal(FORMAT_VERSION),
  model: fields.text,
  number: fields.number,
  type: fields.text,
  version: fields.number.exactOptional(),
  versionSeal: fields.sha256.exactOptional(),
  data: z.record(z.string(), fields.json),
  actor: fields.text,
  reason: fields.text.exactOptional(),
  at: fields.time,
  nonce: fields.text,
  previousSeal: fields.sha256.nullable(),
  seal: fields.sha256,
});
