import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { checkRecord, FORMAT_VERSION } from '../records/check-record.ts';
import {
  matching,
  number,
  type ObjectFields,
  oneOf,
  sha256,
  text,
  time,
} from '../records/field-checks.ts';
import { encodeRecord, decodeRecord } from '../records/stored-record.ts';
import type { Manifest } from '../versions/manifest.ts';
import { keyIdOf } from './signing-key.ts';

/** A signature larger than this, in bytes, is neither written nor read. */
export const MAX_SIGNATURE_BYTES = 16 * 1024;

/** A signature of one version; immutable, and stored beside the manifest. */
export interface VersionSignature {
  readonly formatVersion: 1;
  readonly model: string;
  readonly version: number;
  /** Digest (`seal`) of the manifest: through the hashes in it, it covers every byte of the version. */
  readonly versionSeal: string;
  readonly algorithm: 'ed25519';
  readonly keyId: string;
  /** SPKI (DER) in base64. */
  readonly publicKey: string;
  /** Base64, of {@link signedText}. */
  readonly signature: string;
  readonly actor: string;
  /** Time: ISO 8601, UTC, by the signer's clock. */
  readonly at: string;
  /** SHA-256 of every byte of the stored record before this field, in lower-case hexadecimal. */
  readonly seal: string;
}

const base64 = matching(
  /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
  'base64',
);

const fields: ObjectFields<VersionSignature> = {
  formatVersion: oneOf(FORMAT_VERSION),
  model: text,
  version: number,
  versionSeal: sha256,
  algorithm: oneOf('ed25519'),
  keyId: matching(/^[0-9a-f]{16}$/, '16 lower-case hexadecimal digits'),
  publicKey: base64,
  signature: base64,
  actor: text,
  at: time,
  seal: sha256,
};

/**
 * Returns the signed bytes: the name of the version and the digest of its manifest.
 *
 * @example
 * ```ts
 * import { createPublicKey, verify } from 'node:crypto';
 * import { folderStore, generateSigningKey, ModelRegistry, signedText } from '@fairlead/registry';
 *
 * const { privateKey, publicKey } = generateSigningKey();
 * const registry = new ModelRegistry({ store: folderStore('./registry') });
 * const { manifest } = await registry.openVersion('digits', 2);
 * const { signature } = await registry
 *   .model('digits')
 *   .version(2)
 *   .sign({ privateKey, actor: 'release' });
 * const bytes = Buffer.from(signature, 'base64');
 * console.log(verify(null, signedText(manifest), createPublicKey(publicKey), bytes)); // true
 * ```
 */
export function signedText({
  model,
  version,
  seal,
}: Pick<Manifest, 'model' | 'version' | 'seal'>): Uint8Array {
  // The first line prevents that the signature is used for other data.
  return Buffer.from(`fairlead model version 1\n${model}\n${version}\n${seal}\n`);
}

/** Signs `manifest`, and encodes the signature for the store. */
export function encodeSignature(
  manifest: Manifest,
  key: KeyObject,
  actor: string,
  at: Date,
): Uint8Array {
  const publicKey = createPublicKey(key);
  return encodeRecord({
    formatVersion: FORMAT_VERSION,
    model: manifest.model,
    version: manifest.version,
    versionSeal: manifest.seal,
    algorithm: 'ed25519',
    keyId: keyIdOf(publicKey),
    publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    signature: sign(null, signedText(manifest), key).toString('base64'),
    actor,
    at: at.toISOString(),
  });
}

/**
 * Reads a stored signature; `key` names it in messages.
 *
 * @throws RegistryError `ERR_REGISTRY_CORRUPT`, `ERR_REGISTRY_UNSUPPORTED_FORMAT` or `ERR_REGISTRY_INVALID_MANIFEST`.
 */
export function decodeSignature(key: string, bytes: Uint8Array): VersionSignature {
  return checkRecord(key, fields, decodeRecord(key, bytes));
}

/** Returns whether `key` made the signature of exactly this manifest. */
export function isSignedBy(
  manifest: Manifest,
  { signature }: VersionSignature,
  key: KeyObject,
): boolean {
  return verify(null, signedText(manifest), key, Buffer.from(signature, 'base64'));
}
