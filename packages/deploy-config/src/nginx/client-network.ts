import { block, directive, variable, type NginxDirective } from './nginx-directive.ts';

const prefix = 'fairlead_prefix';

/** First three groups and first byte of the fourth, where no zeros are omitted. */
const fullPrefix = `~^(?<${prefix}>(?:[0-9a-f]+:){3}[0-9a-f]*?)[0-9a-f]{1,2}:`;

/** IPv4-mapped IPv6 address. */
const mappedAddress = String.raw`~^(?<${prefix}>::ffff:[0-9]+\.[0-9.]+)`;

/** Groups in front of the omitted zeros, and the omitted zeros among the first three groups. */
const shortPrefixes: readonly (readonly [pattern: string, zeros: string])[] = [
  [`~^(?<${prefix}>(?:[0-9a-f]+:){3}):`, ''],
  [`~^(?<${prefix}>(?:[0-9a-f]+:){2}):`, '0:'],
  [`~^(?<${prefix}>[0-9a-f]+:):`, '0:0:'],
  [`~^(?<${prefix}>):`, '0:0:0:'],
];

/** Variable that requests and connections are counted by: an IPv4 address, or the /56 of an IPv6 address (RFC 6177). */
export const clientNetwork = variable('fairlead_client_network');

/** Returns the map of {@link clientNetwork}, for the http block. */
export function clientNetworkMap(): NginxDirective {
  return block(
    'map',
    [variable('remote_addr'), clientNetwork],
    [
      directive(mappedAddress, variable(prefix)),
      directive(fullPrefix, variable(prefix)),
      ...shortPrefixes.map(([pattern, zeros]) => directive(pattern, [variable(prefix), zeros])),
      directive('default', variable('binary_remote_addr')),
    ],
  );
}
