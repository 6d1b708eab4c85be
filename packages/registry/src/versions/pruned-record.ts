import { z } from 'zod';
import { MODELS } from '../store/layout.ts';
import { NumberedLog, type RecordFormat } from '../records/numbered-log.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { checkRecord, fields, FORMAT_VERSION } from '../records/record-schema.ts';
import { encodeRecord, decodeRecord } from '../records/stored-record.ts';
import { RegistryError } from '../errors/registry-error.ts';

const MAX_PRUNED_BYTES = 64 * 1024;

/** Says that the files of a version may go; its manifest stays. */
export interface PrunedRecord {
  readonly formatVersion: 1;
  readonly model: string;
  readonly version: number;
  /** `seal` of the version's manifest. */
  readonly versionSeal: string;
  readonly actor: string;
  readonly reason?: string;
  /** When: ISO 8601, UTC. */
  readonly at: string;
  readonly nonce: string;
  readonly seal: string;
}

const schema: z.ZodType<PrunedRecord> = z.looseObject({
  formatVersion: z.literal(FORMAT_VERSION),
  model: fields.text,
  version: fields.number,
  versionSeal: fields.sha256,
  actor: fields.text,
  reason: fields.text.exactOptional(),
  at: fields.time,
  nonce: fields.text,
  seal: fields.sha256,
});

/** Folder of what was pruned of a model. */
const prunedFolder = (model: string): string => `${MODELS}/${model}/pruned`;

/** Opens the records of what was pruned of `model`, each under the number of its version. */
export function prunedLog(store: ObjectStore, model: string): NumberedLog<PrunedRecord> {
  const format: RecordFormat<PrunedRecord> = {
    maxBytes: MAX_PRUNED_BYTES,
    decode(key, bytes, number) {
      const record = checkRecord(key, schema, decodeRecord(key, bytes));
      if (record.model === model && record.version === number) return record;
      throw new RegistryError(
        'ERR_REGISTRY_CORRUPT',
        `${key} is that of version ${record.version} of ${JSON.stringify(record.model)}: it was copied there`,
      );
    },
  };
  return new NumberedLog(store, prunedFolder(model), format);
}

/** Writes a record as it is stored. */
export function encodePruned(record: Omit<PrunedRecord, 'seal'>): Uint8Array {
  return encodeRecord(record);
}
