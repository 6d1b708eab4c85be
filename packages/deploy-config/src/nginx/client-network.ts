import { block, directive, variable, type NginxDirective } from './nginx-directive.ts';

const prefix = 'fairlead_prefix';

/** The first three groups and the first byte of the fourth, where none of them is left out. */
const fullPrefix = `~^(?<${prefix}>(?:[0-9a-f]+:){3}[0-9a-f]*?)[0-9a-f]{1,2}:`;

/** An IPv4 address as IPv6 sockets have it. */
const mappedAddress = String.raw`~^(?<${prefix}>::ffff:[0-9]+\.[0-9.]+)`;

/** The groups in front of the zeros that are left out, and those zeros as far as they are among the first three groups. */
const shortPrefixes: readonly (readonly [pattern: string, zeros: string])[] = [
  [`~^(?<${prefix}>(?:[0-9a-f]+:){3}):`, ''],
  [`~^(?<${prefix}>(?:[0-9a-f]+:){2}):`, '0:'],
  [`~^(?<${prefix}>[0-9a-f]+:):`, '0:0:'],
  [`~^(?<${prefix}>):`, '0:0:0:'],
];

/** Whose requests and connections are counted together: an IPv4 address, or the /56 of an IPv6 address (RFC 6177). */
export const clientNetwork = variable('fairlead_client_network');

/** Makes {@link clientNetwork}; it stands in the http block. */
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
