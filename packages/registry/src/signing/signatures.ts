import { createPublicKey, type KeyObject } from 'node:crypto';
import { RegistryError } from '../errors/registry-error.ts';
import { signaturesFolder } from '../store/layout.ts';
import type { ObjectStore } from '../store/object-store.ts';
import type { Manifest } from '../versions/manifest.ts';
import { keyIdOf } from './signing-key.ts';
import type { TrustedKeys } from './trusted-keys.ts';
import {
  decodeSignature,
  encodeSignature,
  isSignedBy,
  MAX_SIGNATURE_BYTES,
  type VersionSignature,
} from './version-signature.ts';

const NAME = /^([0-9a-f]{16})\.json$/;

const keyOf = ({ model, version }: Manifest, keyId: string): string =>
  `${signaturesFolder(model, version)}/${keyId}.json`;

/** Signs a version; the same key signs it once. Resolves to the signature, and whether it is new. */
export async function signVersion(
  store: ObjectStore,
  manifest: Manifest,
  key: KeyObject,
  actor: string,
  at: Date,
): Promise<{ readonly signature: VersionSignature; readonly created: boolean }> {
  const publicKey = createPublicKey(key);
  const place = keyOf(manifest, keyIdOf(publicKey));
  const bytes = encodeSignature(manifest, key, actor, at);
  if (await store.create(place, bytes)) {
    return { signature: decodeSignature(place, bytes), created: true };
  }
  const signature = await readSignature(store, manifest, keyIdOf(publicKey));
  if (signature !== undefined && isSignedBy(manifest, signature, publicKey)) {
    return { signature, created: false };
  }
  throw new RegistryError(
    'ERR_REGISTRY_CORRUPT',
    `cannot sign version ${manifest.version} of "${manifest.model}": ${place} exists, and is not a signature of it; ` +
      'restore it from a backup',
  );
}

async function readSignature(
  store: ObjectStore,
  manifest: Manifest,
  keyId: string,
): Promise<VersionSignature | undefined> {
  const place = keyOf(manifest, keyId);
  const bytes = await store.read(place, { maxBytes: MAX_SIGNATURE_BYTES });
  return bytes && decodeSignature(place, bytes);
}

/** Returns the ids of the keys of stored signatures, which aren't verified yet. */
export async function signatureKeyIds(
  store: ObjectStore,
  model: string,
  version: number,
): Promise<readonly string[]> {
  const entries = await store.list(signaturesFolder(model, version));
  return entries.flatMap(({ name, kind }) =>
    kind === 'object' ? (NAME.exec(name)?.[1] ?? []) : [],
  );
}

/**
 * Returns the signatures of a version, each valid for the key that it names; the key may be untrusted.
 *
 * @throws RegistryError `ERR_REGISTRY_CORRUPT` for one that isn't a signature of this version.
 */
export async function readSignatures(
  store: ObjectStore,
  manifest: Manifest,
): Promise<readonly VersionSignature[]> {
  const signatures: VersionSignature[] = [];
  for (const keyId of await signatureKeyIds(store, manifest.model, manifest.version)) {
    signatures.push(await requireValidSignature(store, manifest, keyId));
  }
  return signatures;
}

/** @throws RegistryError `ERR_REGISTRY_CORRUPT` */
export async function requireValidSignature(
  store: ObjectStore,
  manifest: Manifest,
  keyId: string,
): Promise<VersionSignature> {
  const signature = await readSignature(store, manifest, keyId);
  if (signature !== undefined) {
    const key = createPublicKey({
      key: Buffer.from(signature.publicKey, 'base64'),
      format: 'der',
      type: 'spki',
    });
    if (keyIdOf(key) === keyId && isSignedBy(manifest, signature, key)) return signature;
  }
  throw new RegistryError(
    'ERR_REGISTRY_CORRUPT',
    `${keyOf(manifest, keyId)} is not a signature of version ${manifest.version}; restore it from a backup`,
  );
}

/**
 * Rejects a version that isn't signed by enough of the trusted keys. Signatures of other keys don't count.
 *
 * @throws RegistryError `ERR_REGISTRY_UNTRUSTED` naming the keys without a valid signature.
 */
export async function requireTrusted(
  store: ObjectStore,
  manifest: Manifest,
  { keys, signers = 1 }: TrustedKeys,
): Promise<void> {
  const problems: string[] = [];
  let valid = 0;
  for (const [keyId, key] of keys) {
    const problem = await signatureProblem(store, manifest, keyId, key);
    if (problem === undefined) valid += 1;
    else problems.push(`${keyId} ${problem}`);
  }
  if (valid >= signers) return;
  throw new RegistryError(
    'ERR_REGISTRY_UNTRUSTED',
    `version ${manifest.version} of "${manifest.model}" is signed by ${valid} of ${signers} trusted keys: ` +
      `${problems.join(', ')}; sign it, or trust the key that did`,
  );
}

async function signatureProblem(
  store: ObjectStore,
  manifest: Manifest,
  keyId: string,
  key: KeyObject,
): Promise<string | undefined> {
  try {
    const signature = await readSignature(store, manifest, keyId);
    if (signature === undefined) return 'has not signed it';
    return isSignedBy(manifest, signature, key) ? undefined : 'has signed something else';
  } catch (error) {
    // A failure of the store is not a problem of the signature.
    if (error instanceof RegistryError && !error.code.startsWith('ERR_REGISTRY_STORE_')) {
      return 'has a signature that is damaged';
    }
    throw error;
  }
}
