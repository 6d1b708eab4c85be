import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { ServingError } from '../errors/serving-error.ts';
import type { BodyAccount } from './body-memory.ts';
import { alignedCopy, BodyStorage } from './body-storage.ts';

/** Bodies up to this size take no account of their memory: there are as many as connections, and no more. */
export const MAX_UNCOUNTED_BYTES = 65_536;

/** Options of {@link readBody}. */
export interface ReadBodyOptions {
  /** Called for the account of a body that turns out to be larger than 64 KiB. */
  readonly openAccount?: (() => BodyAccount) | undefined;
  /** Offset in the body that is aligned in separate storage, in bytes. */
  readonly binaryAt?: number | undefined;
}

/**
 * Reads a request's body, at most `maxBytes` of it.
 *
 * A body that `express.raw` read already is used as it is, and `req.body` of a parser that left the stream unread is ignored.
 *
 * @throws ServingError `ERR_SERVING_BODY_TOO_LARGE`; `ERR_SERVING_OVERLOADED` when too little memory is left; `ERR_SERVING_CANCELED` when the client disconnects;
 * `ERR_SERVING_INVALID_OPTION` when a body parser in front has consumed the body.
 */
export function readBody(
  req: IncomingMessage,
  maxBytes: number,
  { openAccount, binaryAt }: ReadBodyOptions = {},
): Promise<Buffer> {
  const parsed = (req as { body?: unknown }).body;
  if (Buffer.isBuffer(parsed)) {
    if (parsed.length > maxBytes) return Promise.reject(tooLarge(maxBytes));
    return Promise.resolve(
      binaryAt === undefined ? parsed : alignedCopy([parsed], parsed.length, binaryAt),
    );
  }
  // Some parsers set `req.body` of requests that they leave unread.
  if (parsed !== undefined && req.readableDidRead) {
    const message =
      'the body was parsed before it got here: mount the inference handler before express.json() and other body parsers';
    return Promise.reject(new ServingError('ERR_SERVING_INVALID_OPTION', message));
  }
  // Bytes that were read are lost, and after the event 'end' nothing would end a wait for more.
  if (req.readableDidRead || req.readableEnded) {
    const { 'content-length': sent = '0', 'transfer-encoding': coding } = req.headers;
    if (coding === undefined && Number(sent) === 0) return Promise.resolve(Buffer.alloc(0));
    const message =
      'the body was consumed before it reached the inference handler: mount it before what reads bodies; in Fastify, pass requests to the handler from an onRequest hook or from serverFactory, before the body is parsed';
    return Promise.reject(new ServingError('ERR_SERVING_INVALID_OPTION', message));
  }
  return new Promise((resolve, reject) => {
    const declared = req.headers['content-length'];
    const storage = new BodyStorage(
      declared === undefined ? undefined : Number(declared),
      binaryAt,
    );
    let length = 0;
    let account: BodyAccount | undefined;
    const fail = (error: Error): void => {
      // The rest is read and forgotten: a client that still sends would not see an answer on a closed connection.
      storage.clear();
      account?.close();
      failed = true;
      reject(error);
    };
    let failed = false;
    if (Number(req.headers['content-length'] ?? 0) > maxBytes) {
      reject(tooLarge(maxBytes));
      return;
    }
    const onData = (chunk: Buffer): void => {
      if (failed) return;
      length += chunk.length;
      if (length > maxBytes) {
        fail(tooLarge(maxBytes));
        return;
      }
      if (length > MAX_UNCOUNTED_BYTES && openAccount !== undefined) {
        try {
          account ??= openAccount();
          account.resize(length);
        } catch (error) {
          fail(error as Error);
          return;
        }
      }
      storage.add(chunk, isOnlyReader(req, onData));
    };
    req.on('data', onData);
    req.on('end', () => {
      if (failed) return;
      resolve(storage.take());
    });
    req.on('error', (cause) => {
      fail(new ServingError('ERR_SERVING_CANCELED', 'the client disconnected', { cause }));
    });
    req.on('close', () => {
      if (req.complete) return;
      fail(new ServingError('ERR_SERVING_CANCELED', 'the client disconnected'));
    });
  });
}

/**
 * Returns whether a chunk reaches nothing but `listener`: `node:http` has copied it for this event, and other listeners, or
 * tools that replace methods of the request to read along, aren't there.
 */
function isOnlyReader(req: IncomingMessage, listener: (chunk: Buffer) => void): boolean {
  if (!(req instanceof IncomingMessage && req.socket instanceof Socket)) return false;
  if (Object.hasOwn(req, 'emit') || Object.hasOwn(req, 'push')) return false;
  const listeners = req.rawListeners('data');
  return listeners.length === 1 && listeners[0] === listener;
}

function tooLarge(maxBytes: number): ServingError {
  return new ServingError(
    'ERR_SERVING_BODY_TOO_LARGE',
    `the body is larger than ${maxBytes} bytes, the limit`,
  );
}
