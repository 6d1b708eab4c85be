import { request, type Agent, type IncomingHttpHeaders } from 'node:http';

/** An answer, read whole. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** What to send, and how. */
export interface Question {
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Anything but a string or a buffer is sent as JSON; with one the method is POST. */
  readonly body?: unknown;
  /** Sends the body in chunks, without saying how long it is. */
  readonly chunked?: boolean;
  readonly agent?: Agent;
}

/** Sends one request to a port of the loopback address, the path as it is. */
export function ask(
  port: number,
  path: string,
  { method, headers = {}, body, chunked = false, agent }: Question = {},
): Promise<Answer> {
  const whole = body === undefined ? undefined : toBuffer(body);
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        path,
        method: method ?? (whole === undefined ? 'GET' : 'POST'),
        ...(agent && { agent }),
        headers: {
          ...(whole && { 'content-type': 'application/json' }),
          ...(whole && !chunked && { 'content-length': whole.length }),
          ...headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
        });
      },
    );
    // Whoever refuses a body may close before it was sent whole; what counts is the answer, if there is one.
    sent.on('error', reject);
    sent.end(whole);
  });
}

function toBuffer(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}
