import { ipKeyGenerator } from 'express-rate-limit';
import type { Identity } from './identity.ts';

/** Client of a counted request. */
export interface RateLimitedClient {
  /** Authenticated client, if known; it counts before the address. */
  readonly identity?: Identity | undefined;
  /** IPv4 or IPv6 address, or another result of `ClientAddress`. */
  readonly address: string;
}

/** Counted bits of an IPv6 address: a provider assigns at least a /56 to a household (RFC 6177). */
const ipv6SubnetBits = 56;

/** Returns the name of a client in the counts: that of its keys, else its address (IPv6: its /56). */
export function clientKey({ identity, address }: RateLimitedClient): string {
  if (identity !== undefined) return `client:${identity.client}`;
  return `address:${ipKeyGenerator(address, ipv6SubnetBits)}`;
}
