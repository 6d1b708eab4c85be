import type { ApiKeyRecord } from '@fairlead/security';

/** What of a key may be shown to anybody. */
type ShownKey = Omit<ApiKeyRecord, 'digest'>;

/** Takes the digest away: it is no secret, but nobody who looks at a list needs it. */
export function withoutDigest(record: ApiKeyRecord): ShownKey {
  return Object.fromEntries(
    Object.entries(record).filter(([field]) => field !== 'digest'),
  ) as unknown as ShownKey;
}
