import { rejectOption } from './check-options.ts';
import { SecurityError } from './security-error.ts';

/** Minimum length in bytes: a pepper shorter than the digest would be the weakest part. */
const minPepperBytes = 32;

/**
 * Converts a pepper to the bytes of the HMAC key.
 *
 * @throws SecurityError `ERR_SECURITY_INVALID_OPTION` if it is too short; the message doesn't contain it.
 */
export function pepperKey(pepper: string | Uint8Array): Buffer {
  if (typeof pepper !== 'string' && !(pepper instanceof Uint8Array)) {
    rejectOption('pepper', 'a string or bytes', pepper);
  }
  const bytes = Buffer.from(pepper);
  if (bytes.byteLength < minPepperBytes) {
    throw new SecurityError(
      'ERR_SECURITY_INVALID_OPTION',
      `Option pepper: expected at least ${minPepperBytes} bytes, got ${bytes.byteLength}. Generate one with: openssl rand -base64 32`,
    );
  }
  return bytes;
}
