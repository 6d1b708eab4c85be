import { type AuditContext, auditOptions } from '../checks/audit-context.ts';
import { checkOptions } from '../checks/check-options.ts';
import { checkLabel, invalidOption } from '../checks/invalid-option.ts';
import {
  type EventDocument,
  MAX_DOCUMENT_BYTES,
  readDocument,
  sha256Of,
} from '../events/event-document.ts';
import type { ModelEvent } from '../events/model-event.ts';
import type { JsonValue } from '../records/json-value.ts';
import { documentKey } from '../store/layout.ts';
import { recordEvent } from './record-event.ts';
import type { RegistryLogs } from './registry-logs.ts';

/** A measurement of a version that isn't recorded yet. */
export interface NewMeasurement extends AuditContext {
  /** `p99Ms`, `parity`, … */
  readonly name: string;
  readonly value: number;
  /** Further facts: the machine, the number of rows. */
  readonly details?: JsonValue;
  /** Reports to store with it, by their names; at most 64. */
  readonly documents?: Readonly<Record<string, Uint8Array>>;
}

const MAX_DOCUMENTS = 64;

/** Stores the documents of a measurement, then records it. */
export async function recordMeasurement(
  logs: RegistryLogs,
  subject: { readonly model: string; readonly version: number },
  measurement: NewMeasurement,
): Promise<ModelEvent> {
  const {
    name,
    value,
    details,
    documents = {},
    ...audit
  } = checkOptions('measure', measurement, {
    ...auditOptions,
    name: 'required',
    value: 'required',
    details: 'optional',
    documents: 'optional',
  });
  checkLabel('measurement', name);
  if (!Number.isFinite(value)) {
    throw invalidOption(`${name} is ${value}: a measurement is a finite number`);
  }
  // Before the documents: nothing is stored for a missing version.
  await logs.manifest(subject.model, subject.version);
  const stored = await storeDocuments(logs, subject.model, documents);
  const data = {
    name,
    value,
    ...(details !== undefined && { details }),
    ...(stored.length > 0 && { documents: stored.map((document) => ({ ...document })) }),
  };
  return recordEvent(logs, subject, 'measured', data, audit);
}

async function storeDocuments(
  { store }: RegistryLogs,
  model: string,
  documents: Readonly<Record<string, Uint8Array>>,
): Promise<readonly EventDocument[]> {
  const entries = Object.entries(documents);
  if (entries.length > MAX_DOCUMENTS) {
    throw invalidOption(
      `${entries.length} documents are too many: a measurement has at most ${MAX_DOCUMENTS} documents`,
    );
  }
  const stored: EventDocument[] = [];
  for (const [name, bytes] of entries) {
    checkLabel('document', name);
    if (bytes.length > MAX_DOCUMENT_BYTES) {
      throw invalidOption(`document "${name}" has more than ${MAX_DOCUMENT_BYTES} bytes`);
    }
    const document = { name, sha256: sha256Of(bytes), size: bytes.length };
    const created = await store.create(documentKey(model, document.sha256), bytes);
    // An existing copy may be damaged.
    if (!created) await readDocument(store, model, document);
    stored.push(document);
  }
  return stored;
}
