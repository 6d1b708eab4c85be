import type { IncomingMessage } from 'node:http';
import { countHeader } from './raw-headers.ts';
import { SecurityError } from './security-error.ts';

/** Result of {@link declaredBodyBytes} for a body whose length is unknown before its end. */
export const unknownLength = -1;

/** RFC 9112, 6.3: after an ambiguous length, later bytes on this connection must not be parsed as a request. */
const closing = { headers: { Connection: 'close' } } as const;

/**
 * Returns the declared length of a body in bytes: 0 without a body, {@link unknownLength} for a chunked one.
 *
 * Node's parser refuses most contradictions itself, unless it is lenient (`insecureHTTPParser`). Request smuggling needs two
 * servers that disagree about the end of a body, so it is checked again (RFC 9112, 6.3).
 *
 * @throws SecurityError `ERR_SECURITY_CONTENT_LENGTH` or `ERR_SECURITY_TRANSFER_ENCODING`.
 */
export function declaredBodyBytes(req: IncomingMessage): number {
  const length = req.headers['content-length'];
  const encoding = req.headers['transfer-encoding'];
  if (encoding !== undefined) {
    if (length !== undefined) {
      throw new SecurityError(
        'ERR_SECURITY_CONTENT_LENGTH',
        'Content-Length and Transfer-Encoding contradict each other; send only one of them.',
        closing,
      );
    }
    // HTTP/1.0 has no Transfer-Encoding, so a proxy of that version found another end of the body (RFC 9112, 6.1).
    if (encoding.toLowerCase() !== 'chunked' || req.httpVersion === '1.0') {
      throw new SecurityError(
        'ERR_SECURITY_TRANSFER_ENCODING',
        'The only supported Transfer-Encoding is chunked, over HTTP/1.1.',
        closing,
      );
    }
    return unknownLength;
  }
  if (length === undefined) return 0;
  if (!/^\d+$/.test(length) || countHeader(req, 'content-length') > 1) {
    throw new SecurityError(
      'ERR_SECURITY_CONTENT_LENGTH',
      'Content-Length must be sent once, as a plain decimal number of bytes.',
      closing,
    );
  }
  return Number(length);
}
