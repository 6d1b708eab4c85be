import { request, type Agent, type IncomingHttpHeaders } from 'node:http';

/** Address of a server on this machine. */
export type HttpAddress = { readonly port: number } | { readonly socketPath: string };

/** A response with its whole body, as text. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A request; without a body its method is GET, with one POST. */
export interface HttpRequest {
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Anything but a string or a buffer is sent as JSON. */
  readonly body?: unknown;
  /** Sends the body in chunks, without its length. */
  readonly chunked?: boolean;
  /** Reuses its connections; without it each request has its own. */
  readonly agent?: Agent;
}

/** Sends one request, the path unchanged, and resolves to the response. */
export function httpCall(
  address: HttpAddress,
  path: string,
  { method, headers = {}, body, chunked = false, agent }: HttpRequest = {},
): Promise<HttpResponse> {
  const bytes = body === undefined ? undefined : bytesOf(body);
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        ...address,
        host: '127.0.0.1',
        path,
        ...(agent && { agent }),
        method: method ?? (bytes === undefined ? 'GET' : 'POST'),
        headers: {
          ...(bytes && { 'content-type': 'application/json' }),
          ...(bytes && !chunked && { 'content-length': bytes.length }),
          ...(agent === undefined && { connection: 'close' }),
          ...headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
        });
      },
    );
    // A server that rejects a body may close the connection before all of it was sent.
    sent.on('error', reject);
    sent.end(bytes);
  });
}

function bytesOf(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}
