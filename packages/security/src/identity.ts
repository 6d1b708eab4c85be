import type { IncomingMessage } from 'node:http';

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
}

/** Property private to this module; a WeakMap of requests costs the garbage collector more. */
const property = Symbol('fairlead identity');

type Identified = IncomingMessage & { [property]?: Identity };

/** Returns the identity that authentication found, or undefined for an anonymous request. */
export function getIdentity(req: IncomingMessage): Identity | undefined {
  return (req as Identified)[property];
}

/** Stores the identity of a request; for authentication middleware. */
export function setIdentity(req: IncomingMessage, identity: Identity): void {
  (req as Identified)[property] = identity;
}
