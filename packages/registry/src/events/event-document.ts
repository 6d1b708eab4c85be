import { createHash } from 'node:crypto';
import { count, list, object, sha256, text } from '../records/field-checks.ts';
import { RegistryError } from '../errors/registry-error.ts';
import { documentKey } from '../store/layout.ts';
import type { ObjectStore } from '../store/object-store.ts';
import type { ModelEvent } from './model-event.ts';

/** A document that belongs to an event: a report, a log. */
export interface EventDocument {
  /** Its name, for people: `parity.html`. */
  readonly name: string;
  /** SHA-256 of its bytes, in lower-case hexadecimal. */
  readonly sha256: string;
  /** Length in bytes. */
  readonly size: number;
}

/** Size limit of a document, in bytes: a larger one is neither stored nor read. */
export const MAX_DOCUMENT_BYTES = 64 * 1024 * 1024;

const documentsProblem = list(object<EventDocument>({ name: text, sha256, size: count }));

/** Documents of an event. */
export function documentsOf({ data }: ModelEvent): readonly EventDocument[] {
  const documents: unknown = data.documents ?? [];
  return documentsProblem(documents) === undefined ? (documents as readonly EventDocument[]) : [];
}

/** SHA-256 of `bytes`, in lower-case hexadecimal. */
export const sha256Of = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');

/**
 * Reads a document, and returns it only if every byte is intact.
 *
 * @throws RegistryError `ERR_REGISTRY_CORRUPT`
 */
export async function readDocument(
  store: ObjectStore,
  model: string,
  { name, sha256, size }: EventDocument,
): Promise<Uint8Array> {
  const key = documentKey(model, sha256);
  const bytes = await store.read(key, { maxBytes: Math.min(size, MAX_DOCUMENT_BYTES) });
  if (bytes !== undefined && sha256Of(bytes) === sha256) return bytes;
  const problem = bytes === undefined ? 'is missing' : 'is damaged';
  throw new RegistryError(
    'ERR_REGISTRY_CORRUPT',
    `cannot read ${JSON.stringify(name)}: ${key} in ${store.location} ${problem}; restore it from a backup`,
  );
}
