import type { IncomingMessage } from 'node:http';
import type { Quotas } from './quotas.ts';

/** Authenticated client of a request. */
export interface Identity {
  /** The public part of the key; safe to log. */
  readonly keyId: string;
  /** Client that the key belongs to; a client has two keys while one replaces the other. */
  readonly client: string;
  /** Scopes of the key. */
  readonly scopes: ReadonlySet<string>;
  /** Requests per rate-limit window of this key, in place of the general limit. */
  readonly limit?: number;
  /** Quotas of this key, in place of the general ones. */
  readonly quotas?: Quotas;
}

/** Property private to this module; a WeakMap of requests costs the garbage collector more. */
const property = Symbol('fairlead identity');

type Identified = IncomingMessage & { [property]?: Identity };

/**
 * Returns the identity that authentication found, or undefined for an anonymous request.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { ApiKeySet, apiKeys, chain, createApiKey, getIdentity } from '@fairlead/security';
 *
 * const pepper = 'a secret of at least 32 bytes from a secret store';
 * const { key, record } = createApiKey({ pepper, client: 'acme', scopes: ['infer:*'] });
 * const keys = new ApiKeySet({ pepper, records: [record] });
 * const app = chain(apiKeys({ keys }), (req, res) => res.end(getIdentity(req)?.client));
 * const server = createServer(app).listen(0, '127.0.0.1');
 * await new Promise((resolve) => server.once('listening', resolve));
 * const { port } = server.address() as { port: number };
 * const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { 'x-api-key': key } });
 * console.log(await response.text()); // acme
 * server.close();
 * ```
 */
export function getIdentity(req: IncomingMessage): Identity | undefined {
  return (req as Identified)[property];
}

/** Stores the identity of a request; for authentication middleware. */
export function setIdentity(req: IncomingMessage, identity: Identity): void {
  (req as Identified)[property] = identity;
}
