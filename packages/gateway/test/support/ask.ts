import { request, type Agent, type IncomingHttpHeaders } from 'node:http';

/** Where to ask. */
export type Place = { readonly port: number } | { readonly socketPath: string };

/** An answer, read whole. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What to send. */
export interface Question {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Anything but a string is sent as JSON; with one the method is POST. */
  readonly body?: unknown;
  /** Keeps the connections; without it each request has its own. */
  readonly agent?: Agent;
}

/** Sends one request, the path as it is. */
export function ask(
  place: Place,
  path: string,
  { method, headers = {}, body, agent }: Question = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        ...place,
        host: '127.0.0.1',
        path,
        ...(agent && { agent }),
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        headers: {
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(agent === undefined && { connection: 'close' }),
          ...headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          });
        });
      },
    );
    sent.on('error', reject);
    sent.end(typeof body === 'string' || body === undefined ? body : JSON.stringify(body));
  });
}
