import type { Http2Stream } from 'node:http2';
import { Duplex } from 'node:stream';
import type { ServerInterceptingCallInterface } from '@grpc/grpc-js';
import type { BodyAccount } from '../protocol/body-memory.ts';
import { unpack, type Compression } from '../protocol/unpack.ts';
import { ServingError } from '../errors/serving-error.ts';

/** The frame of a message: a flag that it is compressed, and its length in 32 bits. */
const FRAME_BYTES = 5;

/** Bounds of the message of one call, while it is received. */
export interface IncomingLimits {
  /** Largest message, in bytes, as it is received and once decompressed. */
  readonly maxBytes: number;
  /** Account of the message's memory, where it is counted; counted from the first byte of the message. */
  readonly account?: BodyAccount | undefined;
  /** Called once, with the error of the limit that the message exceeds. */
  readonly refuse: (error: unknown) => void;
}

/** The message of one call, while it is received. */
export interface IncomingMessage {
  /**
   * Decompresses the message where `@grpc/grpc-js` doesn't.
   *
   * @throws ServingError `ERR_SERVING_BODY_TOO_LARGE`, `ERR_SERVING_BAD_REQUEST`, `ERR_SERVING_OVERLOADED`,
   * `ERR_SERVING_CLIENT_LIMIT`.
   */
  readonly decompress?: (message: Buffer) => Promise<Buffer>;
  /** Frees the memory of a call that has its status, and closes its stream although the client still sends. */
  end(): void;
}

/**
 * Bounds a call's message while it is received, before `@grpc/grpc-js` buffers or decompresses it.
 *
 * `@grpc/grpc-js` has no listener for bytes, and no limit of one method; its call has the stream of HTTP/2, the largest
 * message and the encoding as private fields. Where it doesn't, only the limits of the server itself apply.
 */
export function boundIncoming(
  call: ServerInterceptingCallInterface,
  { maxBytes, account, refuse }: IncomingLimits,
): IncomingMessage {
  const stream: unknown = Reflect.get(call, 'stream');
  if (!(stream instanceof Duplex)) return { end: () => undefined };
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
      account?.resize(received);
    } catch (error) {
      isRefused = true;
      refuse(error);
    }
  });
  stream.once('close', () => {
    account?.close();
  });
  let isOver = false;
  const end = (): void => {
    isOver = true;
    account?.close();
    // After the status, NO_ERROR makes the client stop sending: RFC 9113, section 8.1.
    setImmediate(() => {
      if (stream.readableEnded) return;
      if (isHttp2(stream)) stream.close();
    });
  };
  // The limit that `@grpc/grpc-js` compares with every chunk that it decompresses; -1 is none.
  const ofServer: unknown = Reflect.get(call, 'maxReceiveMessageSize');
  const isLower = typeof ofServer === 'number' && ofServer >= 0 && ofServer < maxBytes;
  const maxUnpackedBytes = isLower ? ofServer : maxBytes;
  if (typeof ofServer === 'number') Reflect.set(call, 'maxReceiveMessageSize', maxUnpackedBytes);
  const encoding: unknown = Reflect.get(call, 'incomingEncoding');
  if (account === undefined || !isCompression(encoding)) return { end };
  // `@grpc/grpc-js` passes the message as it is.
  Reflect.set(call, 'incomingEncoding', 'identity');
  return {
    end,
    decompress: async (message) => {
      if (head[0] !== 1) return message;
      const grow = (bytes: number): void => {
        if (isOver) throw new ServingError('ERR_SERVING_CANCELED', 'the call has ended');
        account.resize(message.length + bytes);
      };
      return unpack(message, encoding, { maxBytes: maxUnpackedBytes, grow, noun: 'message' });
    },
  };
}

function isHttp2(stream: Duplex): stream is Http2Stream {
  return 'close' in stream && typeof stream.close === 'function';
}

function isCompression(encoding: unknown): encoding is Compression {
  return encoding === 'gzip' || encoding === 'deflate';
}

function tooLarge(maxBytes: number): ServingError {
  return new ServingError(
    'ERR_SERVING_BODY_TOO_LARGE',
    `the message is larger than ${maxBytes} bytes, the limit of this call`,
  );
}
