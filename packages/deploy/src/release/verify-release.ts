import { createPublicKey, verify, type KeyObject } from 'node:crypto';

import { checkOptions, checkText, invalidOption } from '../check-options.ts';
import { DeployError } from '../deploy-error.ts';
import { readPart } from '../parts/read-part.ts';
import { readArchive, type ReleaseDocuments } from './read-release.ts';

/** Options of {@link verifyRelease}. */
export interface VerifyReleaseOptions {
  /** Ed25519 public keys (PEM), one of which must have signed the release. @defaultValue a signature isn't required */
  readonly trustedKeys?: readonly string[] | undefined;
}

/**
 * Checks a release whole: its signature, the digest of every part, and every file of every part, as the manifest lists them.
 *
 * @throws DeployError `ERR_DEPLOY_RELEASE_DAMAGED` naming the part and the file; `ERR_DEPLOY_RELEASE_UNTRUSTED` when none of
 * `trustedKeys` has signed it; `ERR_DEPLOY_INVALID_OPTION`.
 *
 * @example
 * ```ts
 * import { verifyRelease } from '@fairlead/deploy';
 *
 * const problem = await verifyRelease('package.json').catch((error) => error.code);
 * console.log(problem); // ERR_DEPLOY_RELEASE_DAMAGED
 * ```
 */
export async function verifyRelease(
  path: string,
  options: VerifyReleaseOptions = {},
): Promise<ReleaseDocuments> {
  checkText('path', 'the path of a release', path);
  checkOptions('verifyRelease', options, { trustedKeys: 'optional' });
  const keys = options.trustedKeys;
  keys?.forEach(publicKey);
  const documents = await readArchive(path, { onPart: (part, archive) => readPart(part, archive) });
  if (keys !== undefined) checkSignature(documents, keys);
  return documents;
}

/** Reads a public key. */
function publicKey(pem: string, index: number): KeyObject {
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
  { serialized, signature, digest }: ReleaseDocuments,
  trustedKeys: readonly string[],
): void {
  const keys = trustedKeys.map(publicKey);
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
