import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';

import type { Gate } from '../release/release-manifest.ts';

const TIMEOUT_MS = 10_000;

/** Request to Nginx on this host. */
export interface LocalRequest {
  readonly path: string;
  /** Sent by POST as JSON; a GET without it. */
  readonly body: unknown;
  readonly key: string | undefined;
}

/** Answer of Nginx, or the reason why there is none. */
export type LocalAnswer =
  { readonly status: number; readonly text: string } | { readonly problem: string };

/** Sends a request to the listener of Nginx on this host; never rejects. */
export async function requestLocal(
  { scheme, address, port, name }: Gate['origin'],
  { path, body, key }: LocalRequest,
): Promise<LocalAnswer> {
  const content = body === undefined ? undefined : JSON.stringify(body);
  const options = {
    ...{ host: address, port, path, agent: false },
    method: content === undefined ? 'GET' : 'POST',
    headers: {
      host: name,
      ...(content !== undefined && {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(content),
      }),
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
    },
    signal: AbortSignal.timeout(TIMEOUT_MS),
    servername: name,
    // The connection doesn't leave this host, and the name of the certificate may be one that no resolver here knows.
    rejectUnauthorized: false,
  };
  return new Promise((resolve) => {
    const onError = (error: Error): void => {
      resolve({
        problem:
          error.name === 'TimeoutError' ? `no answer within ${TIMEOUT_MS} ms` : error.message,
      });
    };
    const outgoing = (scheme === 'https' ? httpsRequest : httpRequest)(options, (incoming) => {
      text(incoming).then((received) => {
        resolve({ status: incoming.statusCode ?? 0, text: received });
      }, onError);
    });
    outgoing.on('error', onError);
    outgoing.end(content);
  });
}
