import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BodyAccount, BodyMemory } from './body-memory.ts';
import { alignedCopy } from './body-storage.ts';
import { decompress } from './decompress.ts';
import { MAX_UNCOUNTED_BYTES, readBody } from './read-body.ts';
import { ServingError } from '../errors/serving-error.ts';

/** Limits of {@link receiveBody}. */
export interface BodyLimits {
  /** Largest body, as it is received and once decompressed, in bytes. */
  readonly maxBodyBytes: number;
  /** Counter of the memory of bodies; without it all bodies together have no limit. */
  readonly bodies?: BodyMemory | undefined;
  /** The client that the body's memory is counted for; without it only the bound of all bodies applies. */
  readonly client?: ((req: IncomingMessage) => string | undefined) | undefined;
  /**
   * Offset of binary data in the body, in bytes: the body is in separate storage then, in which that offset is aligned for
   * elements of eight bytes.
   */
  readonly binaryAt?: number | undefined;
}

/**
 * Reads a request's body and undoes its `Content-Encoding`; its memory is counted until the response is closed.
 *
 * @throws ServingError `ERR_SERVING_BODY_TOO_LARGE`, `ERR_SERVING_OVERLOADED`, `ERR_SERVING_CLIENT_LIMIT`,
 * `ERR_SERVING_UNSUPPORTED_MEDIA_TYPE`, `ERR_SERVING_BAD_REQUEST`, `ERR_SERVING_CANCELED`.
 */
export function receiveBody(
  req: IncomingMessage,
  res: ServerResponse,
  { maxBodyBytes, bodies, client, binaryAt }: BodyLimits,
): Promise<Buffer> {
  let account: BodyAccount | undefined;
  const openAccount =
    bodies && ((): BodyAccount => (account ??= accountOf(res, bodies, client?.(req))));
  const received = readBody(req, maxBodyBytes, { openAccount, binaryAt });
  if (req.headers['content-encoding'] === undefined) return received;
  const wasParsed = Buffer.isBuffer((req as { body?: unknown }).body);
  return received.then(async (body) => {
    // `express.raw` has decompressed it, and leaves the header.
    if (wasParsed && !isCompressed(body)) return body;
    const grow = (bytes: number): void => {
      if (res.destroyed) throw new ServingError('ERR_SERVING_CANCELED', 'the client disconnected');
      const total = body.length + bytes;
      if (total > MAX_UNCOUNTED_BYTES) openAccount?.().resize(total);
    };
    try {
      const decompressed = await decompress(body, req, { maxBytes: maxBodyBytes, grow });
      if (decompressed.length > MAX_UNCOUNTED_BYTES) account?.resize(decompressed.length);
      else account?.close();
      return binaryAt === undefined || decompressed === body
        ? decompressed
        : alignedCopy([decompressed], decompressed.length, binaryAt);
    } catch (error) {
      account?.close();
      throw error;
    }
  });
}

/** Returns whether bytes begin as gzip (RFC 1952, 2.3.1) or zlib (RFC 1950, 2.2) does. */
function isCompressed([first = 0, second = 0]: Buffer): boolean {
  if (first === 0x1f && second === 0x8b) return true;
  return (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0;
}

function accountOf(
  res: ServerResponse,
  bodies: BodyMemory,
  client: string | undefined,
): BodyAccount {
  const account = bodies.open(client);
  res.once('close', () => {
    account.close();
  });
  return account;
}
