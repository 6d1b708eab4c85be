import { randomUUID } from 'node:crypto';
import { describeValue } from '@fairlead/signature';
import type { Fields } from '../policy/policy-fields.ts';
import { RetrainingError } from '../retraining-error.ts';

/** Version of the format of stored documents. */
const FORMAT_VERSION = 1;

/** A stored document has at most so many bytes. */
export const MAX_DOCUMENT_BYTES = 1024 * 1024;

/**
 * Encodes a document; the nonce makes the objects of several writers distinct, so that a store knows which one it created.
 *
 * @throws RetrainingError `ERR_RETRAINING_POLICY_INVALID` for one that is too large to be read again
 */
export function encodeDocument(format: string, content: object): Uint8Array {
  const document = { format, formatVersion: FORMAT_VERSION, ...content, nonce: randomUUID() };
  const bytes = new TextEncoder().encode(JSON.stringify(document));
  if (bytes.length <= MAX_DOCUMENT_BYTES) return bytes;
  throw new RetrainingError(
    'ERR_RETRAINING_POLICY_INVALID',
    `The policy of retraining has ${bytes.length} bytes as a document, and may have ${MAX_DOCUMENT_BYTES}. Move its arguments into a file.`,
  );
}

/** Fields of a stored document, each with its check. */
export interface StoredFields {
  readonly fields: Fields;
  /** @throws RetrainingError `ERR_RETRAINING_STATE_INVALID` naming the field */
  readonly require: <T>(name: string, check: (value: unknown) => value is T) => T;
}

/**
 * Decodes a stored document; `key` names it in messages.
 *
 * @throws RetrainingError `ERR_RETRAINING_STATE_INVALID`
 */
export function parseDocument(bytes: Uint8Array, format: string, key: string): StoredFields {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalidDocument(key, 'it is not JSON in UTF-8', cause);
  }
  const fields = Object(document) as Fields;
  const require: StoredFields['require'] = (name, check) => {
    const value = fields[name];
    if (check(value)) return value;
    throw invalidDocument(key, `${name} is ${describeValue(value)}`);
  };
  require('format', (value): value is string => value === format);
  require('formatVersion', (value): value is number => value === FORMAT_VERSION);
  return { fields, require };
}

export const isText = (value: unknown): value is string => typeof value === 'string';
export const isWhole = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;

/** Error for a stored document that this release can't read. */
export function invalidDocument(key: string, problem: string, cause?: unknown): RetrainingError {
  return new RetrainingError(
    'ERR_RETRAINING_STATE_INVALID',
    `${key}: ${problem.replace(/\.$/, '')}. It was damaged, or a later release wrote it.`,
    { cause },
  );
}

/** Numbers of the documents or logs in a folder, such as `00000003.json` and `0002`, in ascending order. */
export function numbersOf(
  entries: readonly { readonly name: string }[],
  pattern: RegExp,
): readonly number[] {
  return entries
    .flatMap(({ name }) => pattern.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}
