import { hash, randomInt } from 'node:crypto';

const idAlphabet = '0123456789abcdefghijklmnopqrstuvwxyz';
const secretAlphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** 62 bits, so that two ids practically never meet. */
const idLength = 12;
/** 256 bits: 43 · log2(62). */
const secretLength = 43;

const keyPattern = /^fl_([0-9a-z]{12})_[0-9A-Za-z]{43}$/;

/** Makes a key of the form `fl_<id>_<secret>`, 256 random bits in the secret; no character needs escaping anywhere. */
export function generateApiKey(): { readonly id: string; readonly key: string } {
  const id = randomText(idAlphabet, idLength);
  return { id, key: `fl_${id}_${randomText(secretAlphabet, secretLength)}` };
}

/** The id in a well-formed key, else undefined. */
export function apiKeyId(key: string): string | undefined {
  return keyPattern.exec(key)?.[1];
}

/** Length of the blocks that SHA-256 works in, in bytes (FIPS 180-4). */
const blockBytes = 64;

/** Computes the digest of a key. */
export type ApiKeyDigest = (key: string) => Buffer;

/**
 * Makes the digest: HMAC-SHA-256 of the whole key, so that a digest cannot be moved to another id.
 *
 * Composed of two one-shot hashes (RFC 2104), which leave nothing for the garbage collector to finalise: `createHmac`
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
