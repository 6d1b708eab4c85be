import { createGunzip, createInflate } from 'node:zlib';
import { refusal, ServingError } from '../errors/serving-error.ts';

/** Maximum ratio of a body's size once decompressed to its compressed size; real requests stay below 20. */
const MAX_RATIO = 100;
/** A small body may unpack to this size at any ratio: repeated rows compress well. */
const MIN_LIMIT_BYTES = 1024 * 1024;
/** Chunks of 16 KiB, the default, are a thousand turns of the event loop for a body of 16 MiB. */
const CHUNK_BYTES = 128 * 1024;

/** Limits of {@link unpack}. */
export interface UnpackLimits {
  /** Largest body once decompressed, in bytes. */
  readonly maxBytes: number;
  /** Called after each chunk with the bytes decompressed until then; throws when too little memory is left. */
  readonly grow?: ((bytes: number) => void) | undefined;
  /**
   * Name of the body in error messages.
   * @defaultValue "body"
   */
  readonly noun?: string;
}

/** Codings that {@link unpack} undoes. */
export type Compression = 'gzip' | 'deflate';

/**
 * Decompresses a body chunk by chunk, up to `maxBytes` and 100 times the compressed size; stops at the first chunk that
 * exceeds a limit.
 *
 * @throws ServingError `ERR_SERVING_BODY_TOO_LARGE`, `ERR_SERVING_BAD_REQUEST` for a body in another format, and the
 * error of `grow`.
 */
export async function unpack(
  body: Buffer,
  compression: Compression,
  { maxBytes, grow, noun = 'body' }: UnpackLimits,
): Promise<Buffer> {
  const byRatio = Math.max(MIN_LIMIT_BYTES, MAX_RATIO * body.length);
  const limitBytes = Math.min(maxBytes, byRatio);
  const chunks: Buffer[] = [];
  let length = 0;
  let exceeded: Error | undefined;
  const decoder = (compression === 'gzip' ? createGunzip : createInflate)({
    chunkSize: CHUNK_BYTES,
  });
  decoder.end(body);
  try {
    for await (const chunk of decoder as AsyncIterable<Buffer>) {
      length += chunk.length;
      exceeded = errorOf(() => {
        if (length > limitBytes) throw tooLarge();
        grow?.(length);
      });
      // Leaving the loop destroys the decoder.
      if (exceeded !== undefined) break;
      chunks.push(chunk);
    }
  } catch (cause) {
    throw new ServingError(
      'ERR_SERVING_BAD_REQUEST',
      `the ${noun} is not ${compression}, as its encoding says`,
      { cause },
    );
  }
  if (exceeded !== undefined) throw exceeded;
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, length);

  function tooLarge(): ServingError {
    const limit = byRatio < maxBytes ? `${MAX_RATIO} times its compressed size` : 'the limit';
    return refusal(
      'ERR_SERVING_BODY_TOO_LARGE',
      `the ${noun} is larger than ${limitBytes} bytes, ${limit}, once it is decompressed; send it uncompressed, or fewer rows`,
    );
  }
}

function errorOf(check: () => void): Error | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
