import { BLOBS } from '../store/layout.ts';
import { isAliasName, isModelName } from '../checks/model-name.ts';
import { RegistryError } from '../errors/registry-error.ts';

/** Kind of an object of an archive. */
export type ArchiveKey =
  | { readonly kind: 'blob'; readonly sha256: string }
  | { readonly kind: 'document'; readonly model: string; readonly sha256: string }
  | { readonly kind: 'signature'; readonly model: string; readonly version: number }
  | {
      readonly kind: 'record';
      readonly model: string;
      /** `versions`, `pruned`, `events`, or `aliases/<alias>`. */
      readonly log: string;
      readonly number: number;
    }
  /** Object of a rollout or a retraining, whose format other packages know. */
  | { readonly kind: 'process'; readonly model: string };

const DOCUMENT = /^models\/([^/]+)\/documents\/([0-9a-f]{64})$/;
const SIGNATURE = /^models\/([^/]+)\/signatures\/(\d{8})\/[0-9a-f]{16}\.json$/;
/**
 * Logs of work on a model, such as `rollouts/churn/0004/00000002.json`, `retraining/churn/policy/00000001.json` and
 * `retraining/churn/attempts/0004/00000002.json`; and counts of rollouts.
 */
const PROCESS =
  /^(?:rollouts\/([^/]+)\/\d{4,9}\/(?:\d{8}|counts\/\d{2,4}(?:\/[\dT-]{13}(?:\/[\w-]{1,100})?)?)|retraining\/([^/]+)\/(?:attempts\/\d{4,9}|policy)\/\d{8})\.json$/;
const RECORD = /^models\/([^/]+)\/((?:aliases\/)?[a-z0-9][a-z0-9._-]*)\/(\d{8})\.json$/;

/** Reads the kind of the object `key`; `undefined` for a key that no registry writes into an archive. */
export function parseArchiveKey(key: string): ArchiveKey | undefined {
  if (key.startsWith(`${BLOBS}/`)) {
    const sha256 = key.slice(BLOBS.length + 1);
    return /^[0-9a-f]{64}$/.test(sha256) ? { kind: 'blob', sha256 } : undefined;
  }
  const [, owner = '', sha256 = ''] = DOCUMENT.exec(key) ?? [];
  if (isModelName(owner)) return { kind: 'document', model: owner, sha256 };
  const [, signed = '', version = ''] = SIGNATURE.exec(key) ?? [];
  if (isModelName(signed)) return { kind: 'signature', model: signed, version: Number(version) };
  const [, rolledOut, retrained] = PROCESS.exec(key) ?? [];
  const subject = rolledOut ?? retrained;
  if (subject !== undefined) {
    return isModelName(subject) ? { kind: 'process', model: subject } : undefined;
  }
  const [, model = '', log = '', number = ''] = RECORD.exec(key) ?? [];
  if (!isModelName(model) || Number(number) < 1) return undefined;
  if (log.startsWith('aliases/') && !isAliasName(log.slice('aliases/'.length))) return undefined;
  return log === 'aliases' ? undefined : { kind: 'record', model, log, number: Number(number) };
}

/** Error for an archive that no registry wrote, or that was changed. */
export function invalidArchive(
  location: string,
  problem: string,
  options?: ErrorOptions,
): RegistryError {
  return new RegistryError(
    'ERR_REGISTRY_ARCHIVE_INVALID',
    `${location} can't be imported: ${problem}; nothing of it was stored: export it again`,
    options,
  );
}
