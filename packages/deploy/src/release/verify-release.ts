import { checkOptions, checkText } from '../check-options.ts';
import { readPart } from '../parts/read-part.ts';
import { checkSignature, readPublicKeys } from './check-signature.ts';
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
  if (keys !== undefined) readPublicKeys(keys);
  const documents = await readArchive(path, { onPart: (part, archive) => readPart(part, archive) });
  if (keys !== undefined) checkSignature(documents, keys);
  return documents;
}
