import { RegistryError } from '../errors/registry-error.ts';
import { object, type ObjectFields } from './field-checks.ts';

/** The only format that this package writes and reads. */
export const FORMAT_VERSION = 1;

/**
 * Checks the fields of a stored record; `key` names it in messages. Unknown fields, such as those of later releases, stay.
 *
 * @throws RegistryError `ERR_REGISTRY_UNSUPPORTED_FORMAT` for a record of a newer format;
 * `ERR_REGISTRY_INVALID_MANIFEST` naming the first invalid field.
 */
export function checkRecord<T extends object>(
  key: string,
  fields: ObjectFields<T>,
  record: unknown,
): T {
  checkFormatVersion(key, record);
  const problem = object(fields)(record);
  if (problem !== undefined) throw invalidRecord(key, problem);
  return record as T;
}

/** @throws RegistryError `ERR_REGISTRY_UNSUPPORTED_FORMAT` for a record of a newer format. */
export function checkFormatVersion(key: string, record: unknown): void {
  if (typeof record !== 'object' || record === null || !('formatVersion' in record)) return;
  const { formatVersion } = record;
  if (!Number.isSafeInteger(formatVersion) || Number(formatVersion) < 1) return;
  if (formatVersion === FORMAT_VERSION) return;
  throw new RegistryError(
    'ERR_REGISTRY_UNSUPPORTED_FORMAT',
    `${key} has format ${String(formatVersion)}, and this @fairlead/registry reads format ${FORMAT_VERSION}: upgrade it`,
  );
}

/** Error for a record whose fields are invalid. */
export function invalidRecord(key: string, problem: string, options?: ErrorOptions): RegistryError {
  return new RegistryError(
    'ERR_REGISTRY_INVALID_MANIFEST',
    `${key} is invalid: ${problem}`,
    options,
  );
}
