import { z } from 'zod';
import { isLosslessJson, type LosslessJson, toDoubles } from './json-value.ts';
import { RegistryError } from '../errors/registry-error.ts';

const lossless = z.custom<LosslessJson>(
  (value) => isLosslessJson(value),
  'expected JSON: finite numbers, nested at most 100 deep',
);

/** What each field of a record has to be, where several records share it. */
export const fields = {
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hexadecimal digits'),
  number: z.int().min(1),
  bytes: z.int().min(0),
  text: z.string().min(1),
  time: z.iso.datetime(),
  /** A double, also where it was written as a large integer. */
  double: z
    .unknown()
    .transform((value) => (typeof value === 'bigint' ? Number(value) : value))
    .pipe(z.number()),
  json: lossless.transform(toDoubles),
  /** JSON in which 64-bit integers keep their digits. */
  lossless,
};

/** The only format that this package writes and reads. */
export const FORMAT_VERSION = 1;

/**
 * Checks a record against `schema`; `key` names it in messages.
 *
 * @throws RegistryError `ERR_REGISTRY_UNSUPPORTED_FORMAT` for a record of a newer format;
 * `ERR_REGISTRY_INVALID_MANIFEST` naming the first field that is wrong.
 */
export function checkRecord<T>(key: string, schema: z.ZodType<T>, record: unknown): T {
  const format = z.looseObject({ formatVersion: z.int().min(1) }).safeParse(record);
  if (format.success && format.data.formatVersion !== FORMAT_VERSION) {
    throw new RegistryError(
      'ERR_REGISTRY_UNSUPPORTED_FORMAT',
      `${key} has format ${format.data.formatVersion}, and this @fairlead/registry reads format ` +
        `${FORMAT_VERSION}: upgrade it`,
    );
  }
  const result = schema.safeParse(record);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue === undefined ? '' : z.core.toDotPath(issue.path);
  throw new RegistryError(
    'ERR_REGISTRY_INVALID_MANIFEST',
    `${key} is invalid: ${field === '' ? '' : `${field}: `}${issue?.message ?? 'unknown'}`,
    { cause: result.error },
  );
}
