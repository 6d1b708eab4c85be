import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Time that a client may go on sending a refused body, in milliseconds.
 *
 * Closing a TCP connection with unread bytes makes the kernel send a reset, and a reset destroys the response
 * before the client has read it. So the rest is read and discarded for a while, as Nginx does (`lingering_close`).
 */
const lingerMs = 2_000;

/**
 * Maximum bytes of a refused body that are read; then reading stops, and TCP flow control stops the client. A client that
 * reads while it sends has the response by then, and reading a body of 16 MiB would cost more than the refusal.
 */
const maxDiscardedBytes = 262_144;

const discarded = new WeakMap<IncomingMessage, Promise<void>>();

/**
 * Discards the rest of a body, at most 256 KiB, and then closes the connection, after two seconds at the latest.
 *
 * The promise resolves when the body is complete, the client has disconnected or the time is up.
 */
export function discardRest(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const running = discarded.get(req);
  if (running !== undefined) return running;
  const socket = socketOf(req, res);
  const rest = new Promise<void>((resolve) => {
    if (req.complete || socket === null || socket.destroyed) {
      resolve();
      return;
    }
    const timer = setTimeout(finish, lingerMs);
    timer.unref();
    socket.once('close', finish);
    // Nothing more may be buffered, and a reader must not receive an end that would make a truncated body look complete.
    let discardedBytes = 0;
    req.push = (chunk: unknown) => {
      if (chunk === null) finish();
      else if (chunk instanceof Uint8Array) discardedBytes += chunk.byteLength;
      // On false, the HTTP parser stops reading.
      return discardedBytes < maxDiscardedBytes;
    };
    req.resume();

    function finish(): void {
      clearTimeout(timer);
      socket?.off('close', finish);
      resolve();
    }
  }).then(() => {
    // After the response: a caller that waits on this promise ends it now, others may already have done so.
    setImmediate(() => {
      if (res.writableFinished || !res.headersSent) socket?.destroySoon();
      else res.once('finish', () => socket?.destroySoon());
    });
  });
  discarded.set(req, rest);
  return rest;
}

/** Returns whether the rest of this request is being discarded. */
export function isDiscarding(req: IncomingMessage): boolean {
  return discarded.has(req);
}

/** Returns the socket: a pipelined response has none before its turn, an aborted request has none any more. */
function socketOf(req: IncomingMessage, res: ServerResponse): Socket | null {
  return res.socket ?? req.socket;
}
