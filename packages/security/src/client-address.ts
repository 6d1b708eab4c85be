import { isIP, SocketAddress } from 'node:net';
import { parseTrustedProxies } from './trusted-proxies.ts';

/** Settings of {@link clientAddress}. */
export interface ClientAddressOptions {
  /**
   * Whose `X-Forwarded-For` is believed: `'loopback'`, `'unix'` (whoever connects through a Unix socket), addresses
   * and ranges such as `10.0.0.0/8`.
   * @defaultValue nobody's
   */
  readonly trustedProxies?: readonly string[];
}

/** What is looked at of a request; one of `node:http` has it. */
export interface AddressedRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly socket: { readonly destroyed: boolean; readonly remoteAddress?: string | undefined };
}

/** Finds the address of the client: an IPv4 or IPv6 address, `'unix'`, or `'unknown'` if the client is gone. */
export type ClientAddress = (req: AddressedRequest) => string;

/**
 * Makes the function that finds the client's address behind trusted proxies.
 *
 * Each proxy appends the address it saw, so the header is read from its right end: the first address that isn't a
 * trusted proxy's is the client's. What stands further left is what the client claims. An entry that is no address
 * ends the walk at the proxy that forwarded it. IPv6 comes in its canonical text, an IPv4-mapped one as IPv4.
 *
 * @throws SecurityError `ERR_SECURITY_OPTION` for an entry that isn't an address or a range.
 */
export function clientAddress({ trustedProxies = [] }: ClientAddressOptions = {}): ClientAddress {
  const trusted = parseTrustedProxies(trustedProxies);
  return function findClientAddress(req: AddressedRequest): string {
    const { socket } = req;
    // A closed socket has no address either, and must not pass for a Unix socket.
    const peer = socket.destroyed ? 'unknown' : (canonical(socket.remoteAddress ?? '') ?? 'unix');
    const forwarded = req.headers['x-forwarded-for'];
    if (forwarded === undefined || peer === 'unknown') return peer;
    if (peer === 'unix' ? !trusted.unixSocket : !trusted.includes(peer)) return peer;
    const entries = typeof forwarded === 'string' ? forwarded : forwarded.join(',');
    let address = peer;
    for (const entry of entries.split(',').reverse()) {
      const hop = canonical(withoutPort(entry.trim()));
      if (hop === undefined) return address;
      address = hop;
      if (!trusted.includes(hop)) return address;
    }
    return address;
  };
}

/** Some load balancers append the port: `203.0.113.7:443`, `[2001:db8::1]:443`. */
function withoutPort(entry: string): string {
  const match = /^(?:(\d+\.\d+\.\d+\.\d+)|\[([0-9a-fA-F:.]+)\])(?::\d{1,5})?$/.exec(entry);
  return match?.[1] ?? match?.[2] ?? entry;
}

function canonical(text: string): string | undefined {
  const zone = text.indexOf('%');
  const address = zone === -1 ? text : text.slice(0, zone);
  const version = isIP(address);
  if (version === 4) return address;
  if (version === 0) return undefined;
  const ipv6 = new SocketAddress({ address, family: 'ipv6' }).address;
  return ipv6.startsWith('::ffff:') && ipv6.includes('.') ? ipv6.slice(7) : ipv6;
}
