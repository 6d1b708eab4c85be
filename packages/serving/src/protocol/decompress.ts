import type { IncomingMessage } from 'node:http';
import { ServingError } from '../errors/serving-error.ts';
import { contentCoding } from './content-coding.ts';
import { unpack, type UnpackLimits } from './unpack.ts';

/**
 * Undoes the body's `Content-Encoding`: gzip or deflate, up to `maxBytes` and 100 times the compressed size.
 *
 * @throws ServingError `ERR_SERVING_UNSUPPORTED_MEDIA_TYPE` for another encoding, `ERR_SERVING_BODY_TOO_LARGE`,
 * `ERR_SERVING_BAD_REQUEST` for a body that isn't compressed as its header says.
 */
export async function decompress(
  body: Buffer,
  { headers }: IncomingMessage,
  limits: UnpackLimits,
): Promise<Buffer> {
  const encoding = contentCoding(headers['content-encoding']);
  if (encoding === 'identity') return body;
  if (encoding !== 'gzip' && encoding !== 'deflate') {
    const message = `send the body as gzip, deflate or without Content-Encoding, not ${JSON.stringify(encoding.slice(0, 100))}`;
    throw new ServingError('ERR_SERVING_UNSUPPORTED_MEDIA_TYPE', message);
  }
  return unpack(body, encoding, limits);
}
