import type { IncomingMessage } from 'node:http';
import { ServingError } from '../errors/serving-error.ts';
import type { BodyAccount } from './body-memory.ts';

/** Bodies up to this size take no account of their memory: there are as many as connections, and no more. */
export const MAX_UNCOUNTED_BYTES = 65_536;

/**
 * Reads a request's body, at most `maxBytes` of it.
 *
 * A body that `express.raw` read already is used as it is, and `req.body` of a parser that left the stream unread is ignored. `openAccount` is called for the memory of a body that turns
 * out to be larger than 64 KiB.
 *
 * @throws ServingError `ERR_SERVING_BODY_TOO_LARGE`; `ERR_SERVING_OVERLOADED` when too little memory is left; `ERR_SERVING_CANCELED` when the client disconnects;
 * `ERR_SERVING_INVALID_OPTION` when a body parser in front has consumed the body.
 */
export function readBody(
  req: IncomingMessage,
  maxBytes: number,
  openAccount?: () => BodyAccount,
): Promise<Buffer> {
  const parsed = (req as { body?: unknown }).body;
  if (Buffer.isBuffer(parsed)) {
    return parsed.length > maxBytes ? Promise.reject(tooLarge(maxBytes)) : Promise.resolve(parsed);
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
    const chunks: Buffer[] = [];
    let length = 0;
    let account: BodyAccount | undefined;
    const fail = (error: Error): void => {
      // The rest is read and forgotten: a client that still sends would not see an answer on a closed connection.
      chunks.length = 0;
      account?.close();
      failed = true;
      reject(error);
    };
    let failed = false;
    if (Number(req.headers['content-length'] ?? 0) > maxBytes) {
      reject(tooLarge(maxBytes));
      return;
    }
    req.on('data', (chunk: Buffer) => {
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
      chunks.push(chunk);
    });
    req.on('end', () => {
      if (failed) return;
      resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, length));
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

function tooLarge(maxBytes: number): ServingError {
  return new ServingError(
    'ERR_SERVING_BODY_TOO_LARGE',
    `the body is larger than ${maxBytes} bytes, the limit`,
  );
}
