import { request } from 'node:http';

/** Address of a server: a port on the loopback address, or a Unix socket. */
export type HttpAddress = { readonly port: number } | { readonly socketPath: string };

/** A response with its whole body. */
export interface HttpResponse {
  readonly status: number;
  readonly body: string;
}

/** Sends a request and reads the response; rejects when there is none within two seconds. */
export function httpCall(
  address: HttpAddress,
  path: string,
  {
    body,
    headers = {},
  }: { readonly body?: string; readonly headers?: Record<string, string> } = {},
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const timeout = AbortSignal.timeout(2000);
    const sent = request(
      { ...address, host: '127.0.0.1', path, method, headers, signal: timeout },
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
