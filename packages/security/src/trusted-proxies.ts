import { BlockList, isIP } from 'node:net';
import { checkList, rejectOption } from './check-options.ts';

/** Set of trusted proxies. */
export interface TrustedProxies {
  /** True if peers on a Unix socket are trusted. */
  readonly unixSocket: boolean;
  /** Returns whether a valid IP address is trusted. */
  includes(address: string): boolean;
}

/**
 * Reads a list of `'loopback'`, `'unix'`, addresses and CIDR ranges.
 *
 * @throws SecurityError `ERR_SECURITY_INVALID_OPTION` that names the entry.
 */
export function parseTrustedProxies(entries: readonly string[]): TrustedProxies {
  checkList('trustedProxies', 'a list of addresses and ranges', entries);
  const list = new BlockList();
  for (const entry of entries) {
    if (entry === 'loopback') {
      list.addSubnet('127.0.0.0', 8, 'ipv4');
      list.addAddress('::1', 'ipv6');
    } else if (entry !== 'unix') {
      addRange(list, entry);
    }
  }
  return {
    unixSocket: entries.includes('unix'),
    includes: (address) => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'),
  };
}

function addRange(list: BlockList, entry: string): void {
  const [address = '', prefix, ...more] = entry.split('/');
  const version = isIP(address);
  const bits = version === 6 ? 128 : 32;
  const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
  if (version === 0 || length < 0 || length > bits || more.length > 0 || address.includes('%')) {
    rejectOption(
      'trustedProxies',
      "'loopback', 'unix', an address or a range such as 10.0.0.0/8",
      entry,
    );
  }
  list.addSubnet(address, length, version === 6 ? 'ipv6' : 'ipv4');
}
