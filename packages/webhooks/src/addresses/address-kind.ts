import { BlockList, isIP, SocketAddress } from 'node:net';

/**
 * Kind of network that an IP address belongs to: the internet, a private network or loopback, the instance metadata of a
 * cloud (with all of link-local), or a reserved range that no connection should go to.
 */
export type AddressKind = 'public' | 'private' | 'metadata' | 'reserved';

/** Endpoints that return credentials or configuration of the host, and the ranges around them. */
const metadata = blockList([
  '169.254.0.0/16', // link-local: RFC 3927; AWS, Azure, Google Cloud, Oracle
  'fe80::/10', // link-local: RFC 4291
  'fd00:ec2::/32', // AWS: metadata, DNS, time and pod identity over IPv6
  'fd20:ce::/64', // Google Cloud over IPv6
  '100.100.100.200/32', // Alibaba Cloud
  '168.63.129.16/32', // Azure, WireServer
  '192.0.0.192/32', // Oracle Cloud
]);

/** https://www.iana.org/assignments/iana-ipv4-special-registry and its sibling for IPv6. */
const reserved = blockList([
  '0.0.0.0/8',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/128',
  '64:ff9b:1::/48', // local-use NAT64: the position of the IPv4 address depends on the network
  '100::/64',
  '2001::/32', // Teredo
  '2001:db8::/32',
  '3fff::/20',
  'ff00::/8',
]);

const privateNetworks = blockList([
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '::1/128',
  'fc00::/7',
  'fec0::/10',
]);

/** Prefixes of IPv6 addresses that embed an IPv4 address, with the 16-bit group at which it begins. */
const EMBEDDING: readonly (readonly [BlockList, number])[] = [
  [blockList(['::ffff:0:0/96']), 6], // mapped: RFC 4291
  [blockList(['::ffff:0:0:0/96']), 6], // translated: RFC 2765
  [blockList(['64:ff9b::/96']), 6], // NAT64: RFC 6052
  [blockList(['2002::/16']), 1], // 6to4: RFC 3056
  [blockList(['::/96']), 6], // compatible: RFC 4291, deprecated
];

/**
 * Returns the kind of an IP address; an IPv6 address that embeds an IPv4 address has the kind of the latter.
 *
 * @example
 * ```ts
 * import { addressKind } from '@fairlead/webhooks/addresses';
 *
 * console.log(addressKind('::ffff:10.0.0.1')); // private
 * console.log(addressKind('169.254.169.254')); // metadata
 * ```
 */
export function addressKind(address: string): AddressKind {
  const [plain = ''] = address.split('%');
  const family = isIP(plain);
  if (family === 0) return 'reserved';
  const text = family === 6 ? (embedded(plain) ?? plain) : plain;
  const type = isIP(text) === 6 ? 'ipv6' : 'ipv4';
  if (metadata.check(text, type)) return 'metadata';
  if (reserved.check(text, type)) return 'reserved';
  return privateNetworks.check(text, type) ? 'private' : 'public';
}

/** The IPv4 address that an IPv6 address embeds. */
function embedded(address: string): string | undefined {
  if (address === '::' || address === '::1') return undefined;
  const found = EMBEDDING.find(([prefixes]) => prefixes.check(address, 'ipv6'));
  if (found === undefined) return undefined;
  const groups = groupsOf(address);
  const [high = 0, low = 0] = groups.slice(found[1], found[1] + 2);
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** The eight groups of an IPv6 address. */
function groupsOf(address: string): readonly number[] {
  const withoutDots = address.replace(
    /(\d+)\.(\d+)\.(\d+)\.(\d+)$/,
    (_all, ...bytes: readonly string[]) => {
      const [a = 0, b = 0, c = 0, d = 0] = bytes.slice(0, 4).map(Number);
      return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
    },
  );
  const [head = '', tail] = withoutDots.split('::');
  const parse = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const [first, last] = [parse(head), parse(tail ?? '')];
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length;
  return [...first, ...Array.from({ length: zeros }, () => 0), ...last];
}

function blockList(subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [address = '', prefix] = subnet.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    list.addSubnet(new SocketAddress({ address, family }), Number(prefix));
  }
  return list;
}
