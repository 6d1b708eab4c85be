import type { IncomingMessage } from 'node:http';
import { countHeader } from './raw-headers.ts';
import { SecurityError } from './security-error.ts';

/** What {@link declaredBodyBytes} returns for a body whose length is not known before its end. */
export const unknownLength = -1;

/** RFC 9112, 6.3: after an ambiguous length, what follows on this connection must not be taken for a request. */
const closing = { headers: { Connection: 'close' } } as const;

/**
 * How many bytes of body a request announces: 0 for none, {@link unknownLength} for a chunked one.
 *
 * Node's parser refuses most contradictions itself, unless it was made lenient (`insecureHTTPParser`); two parties
 * that disagree about where a body ends is how requests are smuggled, so it is checked here again (RFC 9112, 6.3).
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
    // HTTP/1.0 has none, so that a proxy of that version has seen another end of the body (RFC 9112, 6.1).
    if (encoding.toLowerCase() !== 'chunked' || req.httpVersion === '1.0') {
      throw new SecurityError(
        'ERR_SECURITY_TRANSFER_ENCODING',
        'The only Transfer-Encoding understood here is chunked, over HTTP/1.1.',
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
