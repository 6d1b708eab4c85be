import { SecurityError } from './security-error.ts';

/** A pepper shorter than the digest would be the weaker part, in bytes. */
const minPepperBytes = 32;

/**
 * Turns a pepper into the bytes of the HMAC's key.
 *
 * @throws SecurityError `ERR_SECURITY_OPTION` if it is too short; the message doesn't contain it.
 */
export function pepperKey(pepper: string | Uint8Array): Buffer {
  const bytes = Buffer.from(pepper);
  if (bytes.byteLength < minPepperBytes) {
    throw new SecurityError(
      'ERR_SECURITY_OPTION',
      `Option pepper: expected at least ${minPepperBytes} bytes, got ${bytes.byteLength}. Make one with: openssl rand -base64 32`,
    );
  }
  return bytes;
}
