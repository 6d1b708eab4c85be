import { createPublicKey, verify, type KeyObject } from 'node:crypto';

import { invalidOption } from '../check-options.ts';
import { DeployError } from '../deploy-error.ts';

/** Parts of a release that its signature is checked with. */
interface SignedDocuments {
  readonly serialized: Buffer;
  readonly signature: Buffer | undefined;
  readonly digest: string;
}

/**
 * Reads public keys.
 *
 * @throws DeployError `ERR_DEPLOY_INVALID_OPTION`
 */
export function readPublicKeys(pems: readonly string[]): readonly KeyObject[] {
  return pems.map(readPublicKey);
}

/** Reads a public key. */
function readPublicKey(pem: string, index: number): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = createPublicKey(pem);
  } catch (cause) {
    throw invalidOption(`Option trustedKeys[${index}] is not a public key in PEM.`, cause);
  }
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw invalidOption(
    `Option trustedKeys[${index}] is a key of ${String(key.asymmetricKeyType)}; expected Ed25519.`,
  );
}

/**
 * Checks that one of the trusted keys has signed a release.
 *
 * @throws DeployError `ERR_DEPLOY_RELEASE_UNTRUSTED`
 */
export function checkSignature(
  { serialized, signature, digest }: SignedDocuments,
  trustedKeys: readonly string[],
): void {
  const keys = readPublicKeys(trustedKeys);
  if (signature !== undefined && keys.some((key) => verify(null, serialized, key, signature))) {
    return;
  }
  const reason =
    signature === undefined
      ? 'is not signed'
      : `has a signature of none of the ${keys.length} trusted keys`;
  throw new DeployError(
    'ERR_DEPLOY_RELEASE_UNTRUSTED',
    `The release ${digest.slice(0, 12)} ${reason}. Build it with a signing key whose public key is trusted.`,
  );
}
