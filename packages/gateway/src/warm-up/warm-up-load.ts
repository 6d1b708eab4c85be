import { once } from 'node:events';
import { connect, type NetConnectOpts, type Socket } from 'node:net';

const HEAD_END = '\r\n\r\n';

/** Requests of a warm-up. */
export interface WarmUpLoad {
  /** Where the server listens. */
  readonly address: NetConnectOpts;
  /** Whole requests with their headers, one for each connection. */
  readonly requests: readonly Buffer[];
  /** Time after which the load ends; requests in flight are cancelled then. */
  readonly durationMs: number;
  /** Ends the load early. */
  readonly signal: AbortSignal;
}

/**
 * Sends each request again and again on a connection, after the response to the one before.
 *
 * @returns the number of responses
 * @throws Error for a response that isn't a 200, and of the connection.
 */
export async function sendWarmUpLoad({
  address,
  requests,
  durationMs,
  signal,
}: WarmUpLoad): Promise<number> {
  const ended = new AbortController();
  const end = (): void => {
    ended.abort();
  };
  const timer = setTimeout(end, durationMs);
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  const connections = requests.map((request) => ({ socket: connect(address), request }));
  try {
    const counts = connections.map(({ socket, request }) =>
      repeatRequest(socket, request, ended.signal),
    );
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
    for (const { socket } of connections) socket.destroy();
  }
}

async function repeatRequest(
  socket: Socket,
  request: Buffer,
  signal: AbortSignal,
): Promise<number> {
  await once(socket, 'connect');
  return new Promise((resolve, reject) => {
    let responses = 0;
    let received = '';
    const end = (error?: Error): void => {
      socket.removeAllListeners();
      // Destroyed by the caller.
      socket.on('error', () => undefined);
      if (error === undefined) resolve(responses);
      else reject(error);
    };
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      received += text;
      const size = responseSize(received);
      if (size === undefined || received.length < size) return;
      if (!received.startsWith('HTTP/1.1 200 ')) {
        end(new Error(`The warm-up got ${received.slice(0, received.indexOf('\r\n'))}.`));
        return;
      }
      responses += 1;
      received = '';
      socket.write(request);
    });
    if (signal.aborted) end();
    signal.addEventListener('abort', () => {
      end();
    });
    socket.on('error', end);
    socket.on('close', () => {
      end(new Error('The connection of the warm-up was closed.'));
    });
    socket.write(request);
  });
}

/** Size of the response whose first part was received; undefined while its headers aren't complete. */
function responseSize(received: string): number | undefined {
  const headEnd = received.indexOf(HEAD_END);
  if (headEnd < 0) return undefined;
  const length = /^content-length: *(\d+)/im.exec(received.slice(0, headEnd))?.[1] ?? '0';
  return headEnd + HEAD_END.length + Number(length);
}
