import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * How long a client may go on sending a body that was refused, in milliseconds.
 *
 * Closing a TCP connection while unread bytes wait makes the kernel send a reset, and a reset destroys the answer
 * before the client has read it. So the rest is read and thrown away for a while, as Nginx does (`lingering_close`).
 */
const lingerMs = 2_000;

/**
 * Bytes of a refused body that are read at most; then reading stops, so that TCP holds back the client. A client that
 * reads while it sends has the answer by then, and reading a body of 16 MiB would cost more than the refusal.
 */
const maxDiscardedBytes = 262_144;

const discarded = new WeakMap<IncomingMessage, Promise<void>>();

/**
 * Throws away what is still to come of a body, at most 256 KiB, and then closes the connection, at the latest after two
 * seconds.
 *
 * The promise resolves when the body is complete, the client is gone or the time is up.
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
    // Nothing may be buffered any more, and a reader must not see an end that would make a cut body look whole.
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
    // After the answer: whoever waits on this promise ends it now, others may already have done so.
    setImmediate(() => {
      if (res.writableFinished || !res.headersSent) socket?.destroySoon();
      else res.once('finish', () => socket?.destroySoon());
    });
  });
  discarded.set(req, rest);
  return rest;
}

/** Whether the rest of this request is being thrown away. */
export function isDiscarding(req: IncomingMessage): boolean {
  return discarded.has(req);
}

/** A pipelined answer has no socket before its turn; a request whose iteration was broken off has none any more. */
function socketOf(req: IncomingMessage, res: ServerResponse): Socket | null {
  return res.socket ?? req.socket;
}
