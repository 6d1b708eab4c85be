import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { refusal, ServingError } from '../serving-error.ts';
import { contentCoding } from './content-coding.ts';

const decoders = { gzip: promisify(gunzip), deflate: promisify(inflate) };

/** How many times its size a compressed body may unpack to; real requests stay below 20. */
const MAX_RATIO = 100;
/** A small body may unpack to this size whatever its ratio: repeated rows compress well. */
const MIN_LIMIT_BYTES = 1024 * 1024;
/** Pieces of 16 KiB, the default, are a thousand turns of the event loop for a body of 16 MiB. */
const CHUNK_BYTES = 128 * 1024;

/** Limits of {@link decompress}. */
export interface DecompressLimits {
  /** Largest body once decompressed, in bytes. */
  readonly maxBytes: number;
  /** Called with the bytes that the decompressed body may take, before it is decompressed; throws when too few are left. */
  readonly reserve?: (bytes: number) => void;
}

/**
 * Undoes the body's `Content-Encoding`: gzip or deflate, up to `maxBytes` and 100 times the compressed size.
 *
 * @throws ServingError `ERR_SERVING_UNSUPPORTED_MEDIA_TYPE` for another encoding, `ERR_SERVING_BODY_TOO_LARGE`,
 * `ERR_SERVING_BAD_REQUEST` for what isn't compressed as it says.
 */
export async function decompress(
  body: Buffer,
  { headers }: IncomingMessage,
  { maxBytes, reserve }: DecompressLimits,
): Promise<Buffer> {
  const encoding = contentCoding(headers['content-encoding']);
  if (encoding === 'identity') return body;
  if (encoding !== 'gzip' && encoding !== 'deflate') {
    const message = `send the body as gzip, deflate or without Content-Encoding, not ${JSON.stringify(encoding.slice(0, 100))}`;
    throw new ServingError('ERR_SERVING_UNSUPPORTED_MEDIA_TYPE', message);
  }
  const byRatio = Math.max(MIN_LIMIT_BYTES, MAX_RATIO * body.length);
  const maxOutputLength = Math.min(maxBytes, byRatio);
  reserve?.(maxOutputLength);
  try {
    return await decoders[encoding](body, { maxOutputLength, chunkSize: CHUNK_BYTES });
  } catch (cause) {
    const { code } = cause as { code?: unknown };
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      const limit = byRatio < maxBytes ? `${MAX_RATIO} times its compressed size` : 'the limit';
      throw refusal(
        'ERR_SERVING_BODY_TOO_LARGE',
        `the body is larger than ${maxOutputLength} bytes, ${limit}, once it is decompressed; send it without Content-Encoding, or fewer rows`,
      );
    }
    throw new ServingError(
      'ERR_SERVING_BAD_REQUEST',
      `the body is not ${encoding}, as its Content-Encoding says`,
      { cause },
    );
  }
}
