import { createHmac, randomInt, type KeyObject } from 'node:crypto';

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

/** HMAC-SHA-256 of the whole key, so that a digest cannot be moved to another id. */
export function apiKeyDigest(pepper: KeyObject, key: string): Buffer {
  return createHmac('sha256', pepper).update(key).digest();
}

function randomText(alphabet: string, length: number): string {
  let text = '';
  for (let index = 0; index < length; index++) text += alphabet.charAt(randomInt(alphabet.length));
  return text;
}
