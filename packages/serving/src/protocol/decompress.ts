import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { ServingError } from '../serving-error.ts';

const decoders = { gzip: promisify(gunzip), deflate: promisify(inflate) };

/**
 * Undoes the body's `Content-Encoding`: gzip or deflate, as far as `maxBytes` of what comes out.
 *
 * @throws ServingError `ERR_SERVING_UNSUPPORTED_MEDIA_TYPE` for another encoding, `ERR_SERVING_BODY_TOO_LARGE`,
 * `ERR_SERVING_BAD_REQUEST` for what isn't compressed as it says.
 */
export async function decompress(
  body: Buffer,
  { headers }: IncomingMessage,
  maxBytes: number,
): Promise<Buffer> {
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (encoding === 'identity') return body;
  if (encoding !== 'gzip' && encoding !== 'deflate') {
    const message = `send the body as gzip, deflate or without Content-Encoding, not ${JSON.stringify(encoding.slice(0, 100))}`;
    throw new ServingError('ERR_SERVING_UNSUPPORTED_MEDIA_TYPE', message);
  }
  try {
    return await decoders[encoding](body, { maxOutputLength: maxBytes });
  } catch (cause) {
    const { code } = cause as { code?: unknown };
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      const message = `the body is larger than ${maxBytes} bytes, the limit, once it is decompressed`;
      throw new ServingError('ERR_SERVING_BODY_TOO_LARGE', message, { cause });
    }
    throw new ServingError(
      'ERR_SERVING_BAD_REQUEST',
      `the body is not ${encoding}, as its Content-Encoding says`,
      { cause },
    );
  }
}
