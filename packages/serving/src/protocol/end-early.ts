import type { IncomingMessage, ServerResponse } from 'node:http';

/** Time that a connection stays open after an early response, in milliseconds. */
const LINGER_MS = 2000;
/**
 * Bytes of an unread body that are read after the response; then reading stops, so that TCP holds back the client. To
 * read a body of 16 MiB takes more than to reject it.
 */
const MAX_DISCARDED_BYTES = 65_536;
/** The rest of a body up to this size is left to Node, which reads it and keeps the connection alive. */
const MAX_REST_BYTES = 65_536;

/**
 * Returns whether a response is sent before the request's body was received, so that it must be ended by {@link endEarly}: on
 * `Connection: close` Node closes the socket while unread bytes wait, and the reset that follows may destroy the
 * response before the client has read it; on a keep-alive connection it reads all of the body.
 */
export function isEarly(req: IncomingMessage, res: ServerResponse): boolean {
  if (req.complete || req.method === 'HEAD') return false;
  const { 'transfer-encoding': chunked, 'content-length': length } = req.headers;
  const minBytes = res.shouldKeepAlive ? MAX_REST_BYTES : 0;
  return chunked !== undefined || Number(length ?? 0) > minBytes;
}

/**
 * Ends a response that is sent before the body was received: the response goes out at once with `Connection: close`,
 * then at most 64 KiB of the body is discarded, and the socket is closed when the body is complete or the client has
 * closed it, after two seconds at the latest.
 */
export function endEarly(
  req: IncomingMessage,
  res: ServerResponse,
  body: string | Uint8Array,
): void {
  const { socket } = req;
  res.setHeader('connection', 'close');
  // Only the formal end, on which Node closes the connection, waits.
  res.write(body);
  const timer = setTimeout(finish, LINGER_MS).unref();
  socket.once('close', finish);
  let discarded = 0;
  req.push = (chunk: unknown) => {
    if (chunk === null) finish();
    else if (chunk instanceof Uint8Array) discarded += chunk.byteLength;
    // On false, the HTTP parser stops reading.
    return discarded < MAX_DISCARDED_BYTES;
  };
  req.resume();

  function finish(): void {
    clearTimeout(timer);
    socket.off('close', finish);
    res.end();
  }
}
