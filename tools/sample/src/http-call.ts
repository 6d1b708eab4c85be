import { request } from 'node:http';

/** Where to ask: a port on the loopback address, or a Unix socket. */
export type HttpPlace = { readonly port: number } | { readonly socketPath: string };

/** An answer, read whole. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** Sends one request and reads the answer; rejects when there is none within two seconds. */
export function httpCall(
  place: HttpPlace,
  path: string,
  {
    body,
    headers = {},
  }: { readonly body?: string; readonly headers?: Record<string, string> } = {},
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const timeout = AbortSignal.timeout(2000);
    const sent = request(
      { ...place, host: '127.0.0.1', path, method, headers, signal: timeout },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() });
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
