import type { IncomingMessage } from 'node:http';

/** Who asks. */
export interface Identity {
  /** The public part of the key; safe to log. */
  readonly keyId: string;
  /** Whose key it is; a client has two keys while one replaces the other. */
  readonly client: string;
  /** What the key allows. */
  readonly scopes: ReadonlySet<string>;
  /** The client's own number of requests per rate-limit window, in place of the general one. */
  readonly limit?: number;
}

/** A property that only this module can name; a WeakMap of requests costs the garbage collector more. */
const property = Symbol('fairlead identity');

type Identified = IncomingMessage & { [property]?: Identity };

/** Who asks, as authentication found it, or undefined for an anonymous request. */
export function getIdentity(req: IncomingMessage): Identity | undefined {
  return (req as Identified)[property];
}

/** Records who asks; for the authentication steps. */
export function setIdentity(req: IncomingMessage, identity: Identity): void {
  (req as Identified)[property] = identity;
}
