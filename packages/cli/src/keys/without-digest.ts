import type { ApiKeyRecord } from '@fairlead/security';

/** The fields of a key that are printed. */
type ShownKey = Omit<ApiKeyRecord, 'digest' | 'pepperId'>;

/** Removes the digest and the id of its pepper, which are not secret, but have no use in a list. */
export function withoutDigest({ digest, pepperId, ...shown }: ApiKeyRecord): ShownKey {
  return shown;
}
