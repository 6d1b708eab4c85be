import { hash, randomInt } from 'node:crypto';

const idAlphabet = '0123456789abcdefghijklmnopqrstuvwxyz';
const secretAlphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** 62 bits: a collision of two ids is practically impossible. */
const idLength = 12;
/** 256 bits: 43 · log2(62). */
const secretLength = 43;

const keyPattern = /^fl_([0-9a-z]{12})_[0-9A-Za-z]{43}$/;

/** Generates a key of the form `fl_<id>_<secret>` with 256 random bits in the secret; no character needs escaping. */
export function generateApiKey(): { readonly id: string; readonly key: string } {
  const id = randomText(idAlphabet, idLength);
  return { id, key: `fl_${id}_${randomText(secretAlphabet, secretLength)}` };
}

/** Returns the id in a well-formed key, else undefined. */
export function apiKeyId(key: string): string | undefined {
  return keyPattern.exec(key)?.[1];
}

/** Block size of SHA-256, in bytes (FIPS 180-4). */
const blockBytes = 64;

/** Computes the digest of a key. */
export type ApiKeyDigest = (key: string) => Buffer;

/**
 * Returns the function that computes digests: HMAC-SHA-256 of the whole key, so that a digest cannot be copied to another id.
 *
 * It is composed of two one-shot hashes (RFC 2104), which leave nothing for the garbage collector to finalize: `createHmac`
 * makes a native object for each request, and under load cost four times as much.
 */
export function apiKeyDigest(pepper: Uint8Array): ApiKeyDigest {
  const secret = pepper.length > blockBytes ? hash('sha256', pepper, 'buffer') : pepper;
  const inner = padded(secret, 0x36);
  const outer = padded(secret, 0x5c);
  return (key) => {
    const digest = hash('sha256', Buffer.concat([inner, Buffer.from(key)]), 'buffer');
    return hash('sha256', Buffer.concat([outer, digest]), 'buffer');
  };
}

/** Identifies a pepper without revealing it: a digest of a text that no key has, 72 bits in base64url. */
export function pepperIdOf(digestOf: ApiKeyDigest): string {
  return digestOf('pepper').toString('base64url').slice(0, 12);
}

function padded(secret: Uint8Array, pad: number): Buffer {
  const block = Buffer.alloc(blockBytes, pad);
  secret.forEach((byte, index) => {
    block[index] = byte ^ pad;
  });
  return block;
}

function randomText(alphabet: string, length: number): string {
  let text = '';
  for (let index = 0; index < length; index++) text += alphabet.charAt(randomInt(alphabet.length));
  return text;
}
