import type { ApiKeyRecord } from '@fairlead/security';

/** The fields of a key that are printed. */
type ShownKey = Omit<ApiKeyRecord, 'digest'>;

/** Removes the digest, which is not secret, but has no use in a list. */
export function withoutDigest({ digest, ...shown }: ApiKeyRecord): ShownKey {
  return shown;
}
