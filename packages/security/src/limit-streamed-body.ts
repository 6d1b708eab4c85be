import type { IncomingMessage, ServerResponse } from 'node:http';
import { discardRest } from './discard-rest.ts';
import { describeFailure } from './problem.ts';
import type { SecurityError } from './security-error.ts';
import { sendProblem } from './send-problem.ts';

/**
 * Limits a body of unknown length while a later handler reads it, without reading it.
 *
 * Node's HTTP parser passes each chunk to `req.push`, however the stream is consumed later; the bytes are
 * counted there before they are buffered. A listener for `data` would start the flow before the reader is ready, and
 * overriding `read` misses the flowing mode.
 *
 * When the limit is exceeded, the reader gets the error (as an `error` event, if it listens) and nothing more is
 * buffered. If the reader hasn't responded by the next turn of the event loop, the response is a problem.
 */
export function limitStreamedBody(
  req: IncomingMessage,
  res: ServerResponse,
  maxBodyBytes: number,
  tooLarge: () => SecurityError,
): void {
  // Bytes in the same packet as the headers may have been buffered while an earlier step waited.
  let receivedBytes = req.readableLength;
  const push = req.push.bind(req);
  req.push = function countingPush(chunk: unknown, encoding?: BufferEncoding): boolean {
    if (chunk instanceof Uint8Array) receivedBytes += chunk.byteLength;
    if (receivedBytes <= maxBodyBytes) return push(chunk, encoding);
    const error = tooLarge();
    void discardRest(req, res);
    if (req.listenerCount('error') > 0) req.emit('error', error);
    setImmediate(() => {
      sendProblem(req, res, describeFailure(error));
    });
    return true;
  };
}
