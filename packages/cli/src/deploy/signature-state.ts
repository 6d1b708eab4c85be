import type { ReleaseDocuments } from '@fairlead/deploy';

/** State of the signature of a release: a signature alone is of any key. */
export type SignatureState = 'none' | 'unchecked' | 'trusted';

/** Returns the state of the signature of a release that was verified with trusted keys, or without. */
export function signatureState(
  { signature }: ReleaseDocuments,
  withTrustedKeys: boolean,
): SignatureState {
  if (signature === undefined) return 'none';
  return withTrustedKeys ? 'trusted' : 'unchecked';
}
