import { Duplex } from 'node:stream';
import type { ServerInterceptingCallInterface } from '@grpc/grpc-js';
import type { BodyAccount } from '../protocol/body-memory.ts';
import { ServingError } from '../serving-error.ts';

/** The frame of a message: a flag that it is compressed, and its length in 32 bits. */
const FRAME_BYTES = 5;
/** The most that deflate expands: https://zlib.net/zlib_tech.html */
const MAX_RATIO = 1032;

/** Bounds of the message of one call, while it is received. */
export interface IncomingLimits {
  /** Largest message, in bytes as they are received. */
  readonly maxBytes: number;
  /** Largest message once decompressed, in bytes. */
  readonly maxDecompressedBytes: number;
  readonly account: BodyAccount;
  /** Called once, with the error of the limit that the message exceeds. */
  readonly refuse: (error: unknown) => void;
}

/**
 * Counts the bytes of a call's message as they are received, before `@grpc/grpc-js` buffers or decompresses them, and
 * takes what they will need of the body memory.
 *
 * `@grpc/grpc-js` has no listener for bytes; its call holds the stream of HTTP/2. Where it doesn't, only the limits of the
 * server itself hold.
 */
export function countIncomingBytes(
  call: ServerInterceptingCallInterface,
  { maxBytes, maxDecompressedBytes, account, refuse }: IncomingLimits,
): void {
  const stream: unknown = Reflect.get(call, 'stream');
  if (!(stream instanceof Duplex)) return;
  const head = Buffer.alloc(FRAME_BYTES);
  let received = 0;
  let isRefused = false;
  // In front of the listener that buffers; it doesn't start the flow, as `on` would.
  stream.prependListener('data', (chunk: Buffer) => {
    if (isRefused) return;
    if (received < FRAME_BYTES) chunk.copy(head, received);
    received += chunk.length;
    try {
      if (received > maxBytes + FRAME_BYTES) throw tooLarge(maxBytes);
      account.resize(received + decompressedBytes());
    } catch (error) {
      isRefused = true;
      refuse(error);
    }
  });
  stream.once('close', () => {
    account.close();
  });

  /** What decompression may make of the message, once it is complete. */
  function decompressedBytes(): number {
    if (received < FRAME_BYTES || head[0] !== 1) return 0;
    const length = head.readUInt32BE(1);
    if (received < FRAME_BYTES + length) return 0;
    return Math.min(maxDecompressedBytes, length * MAX_RATIO);
  }
}

function tooLarge(maxBytes: number): ServingError {
  return new ServingError(
    'ERR_SERVING_BODY_TOO_LARGE',
    `the message is larger than ${maxBytes} bytes, the limit of this call`,
  );
}
