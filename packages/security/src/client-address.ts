import { isIP, SocketAddress } from 'node:net';
import { checkOptions } from './check-options.ts';
import type { OptionNames } from './options-problem.ts';
import { parseTrustedProxies } from './trusted-proxies.ts';

/** Options of {@link clientAddress}. */
export interface ClientAddressOptions {
  /**
   * Proxies whose `X-Forwarded-For` is trusted: `'loopback'`, `'unix'` (any peer on a Unix socket), addresses
   * and ranges such as `10.0.0.0/8`.
   * @defaultValue none
   */
  readonly trustedProxies?: readonly string[];
}

const optionNames: OptionNames<ClientAddressOptions> = { trustedProxies: 'optional' };

/** Part of a request that is read; a request of `node:http` has it. */
export interface AddressedRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly socket: { readonly destroyed: boolean; readonly remoteAddress?: string | undefined };
}

/** Returns the address of the client: an IPv4 or IPv6 address, `'unix'`, or `'unknown'` if the client disconnected. */
export type ClientAddress = (req: AddressedRequest) => string;

/**
 * Returns a function that finds the client's address behind trusted proxies.
 *
 * Each proxy appends the address of its peer, so the header is read from right to left: the first address that isn't a
 * trusted proxy's is the client's. Entries further left are claims of the client. An entry that is not an address
 * ends the search at the proxy that forwarded it. IPv6 is returned in canonical form, an IPv4-mapped address as IPv4.
 *
 * @throws SecurityError `ERR_SECURITY_INVALID_OPTION` for an entry that isn't an address or a range.
 *
 * @example
 * ```ts
 * import { clientAddress } from '@fairlead/security';
 *
 * const address = clientAddress({ trustedProxies: ['127.0.0.1'] });
 * const socket = { destroyed: false, remoteAddress: '127.0.0.1' };
 * console.log(address({ headers: { 'x-forwarded-for': '192.0.2.7' }, socket })); // 192.0.2.7
 * ```
 */
export function clientAddress(options: ClientAddressOptions = {}): ClientAddress {
  const { trustedProxies = [] } = checkOptions('clientAddress', options, optionNames);
  const trusted = parseTrustedProxies(trustedProxies);
  return function findClientAddress(req: AddressedRequest): string {
    const { socket } = req;
    // A closed socket has no address either, and must not be taken for a Unix socket.
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
