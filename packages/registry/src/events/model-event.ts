import type { ChainedRecord } from '../records/chained-record.ts';
import { type JsonValue, type LosslessJson, toDoubles } from '../records/json-value.ts';
import { checkRecord, FORMAT_VERSION } from '../records/check-record.ts';
import {
  json,
  map,
  nullable,
  number,
  type ObjectFields,
  oneOf,
  optional,
  sha256,
  text,
  time,
} from '../records/field-checks.ts';

/** An event larger than this, in bytes, is neither written nor read. */
export const MAX_EVENT_BYTES = 256 * 1024;

/**
 * Types that this package records; an event of a later release may have another one.
 *
 * @example
 * ```ts
 * import { eventTypes } from '@fairlead/registry';
 *
 * console.log(eventTypes.includes('archived')); // true
 * ```
 */
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
  'drift-began',
  'drift-ended',
] as const;

/** Type of an event that this package records. */
export type EventType = (typeof eventTypes)[number];

/** A change of a model other than pushes and changes of aliases; immutable. */
export interface ModelEvent extends ChainedRecord {
  readonly formatVersion: 1;
  readonly model: string;
  /** 1, 2, 3, … within the model. */
  readonly number: number;
  /** One of {@link EventType}, or a type of a later release. */
  readonly type: string;
  /** Version that it is about, if any. */
  readonly version?: number;
  /** Digest (`seal`) of that version's manifest. */
  readonly versionSeal?: string;
  /** Data of the type. */
  readonly data: Readonly<Record<string, JsonValue>>;
  readonly actor: string;
  readonly reason?: string;
  /** Time: ISO 8601, UTC, by the writer's clock. */
  readonly at: string;
  /** Random; makes each event distinct from every other. */
  readonly nonce: string;
  /** Digest (`seal`) of the event before; `null` in the first. */
  readonly previousSeal: string | null;
  /** SHA-256 of every byte of the stored event before this field, in lower-case hexadecimal. */
  readonly seal: string;
}

const eventFields: ObjectFields<ModelEvent> = {
  formatVersion: oneOf(FORMAT_VERSION),
  model: text,
  number,
  type: text,
  version: optional(number),
  versionSeal: optional(sha256),
  data: map(json),
  actor: text,
  reason: optional(text),
  at: time,
  nonce: text,
  previousSeal: nullable(sha256),
  seal: sha256,
};

/**
 * Checks a stored event; `key` names it in messages. Large integers in its data become the nearest double.
 *
 * @throws RegistryError `ERR_REGISTRY_UNSUPPORTED_FORMAT`, `ERR_REGISTRY_INVALID_MANIFEST`
 */
export function checkEvent(key: string, record: unknown): ModelEvent {
  const event = checkRecord(key, eventFields, record);
  const data: Readonly<Record<string, LosslessJson>> = event.data;
  return {
    ...event,
    data: Object.fromEntries(Object.entries(data).map(([name, value]) => [name, toDoubles(value)])),
  };
}
