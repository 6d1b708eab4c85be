import { MODELS } from '../store/layout.ts';
import { NumberedLog } from '../records/numbered-log.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { checkRecord, FORMAT_VERSION } from '../records/check-record.ts';
import {
  number,
  type ObjectFields,
  oneOf,
  optional,
  sha256,
  text,
  time,
} from '../records/field-checks.ts';

const MAX_PRUNED_BYTES = 64 * 1024;

/** Pruning of a version: its files may be deleted, its manifest stays. */
export interface PrunedRecord {
  readonly formatVersion: 1;
  readonly model: string;
  readonly version: number;
  /** Digest (`seal`) of the version's manifest. */
  readonly versionSeal: string;
  readonly actor: string;
  readonly reason?: string;
  /** Time: ISO 8601, UTC. */
  readonly at: string;
  readonly nonce: string;
  readonly seal: string;
}

const fields: ObjectFields<PrunedRecord> = {
  formatVersion: oneOf(FORMAT_VERSION),
  model: text,
  version: number,
  versionSeal: sha256,
  actor: text,
  reason: optional(text),
  at: time,
  nonce: text,
  seal: sha256,
};

/** Opens the pruning records of `model`, each under the number of its version. */
export function prunedLog(store: ObjectStore, model: string): NumberedLog<PrunedRecord> {
  return new NumberedLog<PrunedRecord>(store, `${MODELS}/${model}/pruned`, {
    noun: 'a pruning record',
    maxBytes: MAX_PRUNED_BYTES,
    check: (key, record) => checkRecord(key, fields, record),
    belongs: (record, number) => record.model === model && record.version === number,
    describe: (record) =>
      `the pruning record of version ${record.version} of ${JSON.stringify(record.model)}`,
  });
}
