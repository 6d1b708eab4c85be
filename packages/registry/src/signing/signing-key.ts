import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { RegistryError } from '../errors/registry-error.ts';

/** A new pair of Ed25519 keys, as PEM text. */
export interface SigningKeyPair {
  /** Names the key: the first 16 hexadecimal digits of the SHA-256 of its public half (SPKI, DER). */
  readonly keyId: string;
  /** Public key, for verifiers: SPKI, `-----BEGIN PUBLIC KEY-----`. */
  readonly publicKey: string;
  /** Private key, which only the signer has: PKCS #8, `-----BEGIN PRIVATE KEY-----`. */
  readonly privateKey: string;
}

/**
 * Creates a pair of Ed25519 keys (RFC 8032) to sign versions.
 *
 * @example
 * ```ts
 * import { folderStore, generateSigningKey, ModelRegistry } from '@fairlead/registry';
 *
 * const { privateKey, publicKey, keyId } = generateSigningKey();
 * const registry = new ModelRegistry({ store: folderStore('./registry') });
 * const signature = await registry.model('digits').version(2).sign({ privateKey, actor: 'release' });
 * console.log(signature.keyId === keyId, publicKey.split('\n')[0]); // true -----BEGIN PUBLIC KEY-----
 * ```
 */
export function generateSigningKey(): SigningKeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    keyId: keyIdOf(publicKey),
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** Names a public key: the first 16 hexadecimal digits of the SHA-256 of its SPKI encoding. */
export function keyIdOf(publicKey: KeyObject): string {
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('hex').slice(0, 16);
}

/** @throws RegistryError `ERR_REGISTRY_INVALID_KEY` unless `pem` is an Ed25519 private key. */
export function readPrivateKey(pem: string): KeyObject {
  return checkKey('a private key', () => createPrivateKey(pem));
}

/** @throws RegistryError `ERR_REGISTRY_INVALID_KEY` unless `pem` is an Ed25519 public key. */
export function readPublicKey(pem: string): KeyObject {
  return checkKey('a public key', () => {
    // createPublicKey accepts a private key too, which must not be stored among public keys.
    if (pem.includes('PRIVATE KEY'))
      throw new Error('it is a private key, which only its signer may have');
    return createPublicKey(pem);
  });
}

// The message never shows the text: it may be a private key.
function checkKey(what: string, read: () => KeyObject): KeyObject {
  let why: string;
  try {
    const key = read();
    if (key.asymmetricKeyType === 'ed25519') return key;
    why = `it is a key of type ${key.asymmetricKeyType ?? 'unknown'}`;
  } catch (cause) {
    why = cause instanceof Error ? cause.message : String(cause);
  }
  throw new RegistryError(
    'ERR_REGISTRY_INVALID_KEY',
    `expected ${what} of Ed25519 as PEM text, as generateSigningKey makes it: ${why}`,
  );
}
