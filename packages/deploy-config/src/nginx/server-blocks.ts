import type { Deployment, HttpsListen } from '../deployment.ts';
import { formatAddress, type Address } from '../values/address.ts';
import { atLeast } from '../values/version.ts';
import { grpcLocations } from './grpc.ts';
import { block, directive, variable, type NginxDirective } from './nginx-directive.ts';
import { grpcHealthLocations, healthLocations } from './health-locations.ts';
import { problemPages } from './problem-pages.ts';
import { proxyDirectives, proxyLocations } from './proxy-location.ts';
import { strictTransportSecurity } from './tls-directives.ts';

const requestIdHeader = directive(
  'add_header',
  'X-Request-Id',
  variable('fairlead_response_id'),
  'always',
);

function server(content: readonly NginxDirective[]): NginxDirective {
  return block('server', [], content);
}

function limits({ nginx: { perAddress } }: Deployment): NginxDirective[] {
  return perAddress
    ? [
        directive(
          'limit_req',
          'zone=fairlead_requests',
          // Nginx refuses `burst=0`.
          ...(perAddress.burst === 0 ? [] : [`burst=${perAddress.burst}`, 'nodelay']),
        ),
        directive('limit_conn', 'fairlead_connections', perAddress.connections),
      ]
    : [];
}

function application(deployment: Deployment, headers: readonly NginxDirective[]): NginxDirective[] {
  const shared = deployment.nginx.listen.scheme === 'https';
  return [
    ...limits(deployment),
    ...headers,
    ...proxyDirectives(deployment),
    ...proxyLocations(deployment),
    ...(shared ? grpcLocations(deployment, headers, false) : []),
    ...problemPages(headers),
  ];
}

/** Nginx 1.25.1 introduced `http2 on`, and warns about the parameter of `listen`. */
function http2({ target }: Deployment): { parameter: string[]; own: NginxDirective[] } {
  const hasDirective = atLeast(target.nginx, 1, 25, 1);
  return {
    parameter: hasDirective ? [] : ['http2'],
    own: hasDirective ? [directive('http2', 'on')] : [],
  };
}

/**
 * Returns the server of gRPC in plain HTTP/2, on a separate address: before 1.25.1, a plain port of Nginx is either
 * HTTP/1.1 or HTTP/2.
 */
function grpcServers(deployment: Deployment, names: readonly string[]): NginxDirective[] {
  const address = deployment.grpc?.address;
  if (address === undefined) return [];
  const headers = [requestIdHeader];
  const { parameter, own } = http2(deployment);
  const listen = (...args: readonly string[]) => [
    directive('listen', formatAddress(address), ...parameter, ...args),
    ...own,
  ];
  const content = [...limits(deployment), ...headers, ...grpcLocations(deployment, headers, true)];
  if (names.length === 0) return [server([...listen('default_server'), ...content])];
  return [
    server([...listen('default_server'), ...misdirected(headers, grpcHealthLocations(deployment))]),
    server([...listen(), directive('server_name', ...names), ...content]),
  ];
}

/** Responds to requests for other host names, but for `health`. */
function misdirected(
  headers: readonly NginxDirective[],
  health: readonly NginxDirective[] = [],
): NginxDirective[] {
  return [
    ...headers,
    ...health,
    block('location', ['/'], [directive('return', 421)]),
    ...problemPages(headers),
  ];
}

function plainServers(deployment: Deployment, address: Address, names: readonly string[]) {
  const headers = [requestIdHeader];
  const listen = formatAddress(address);
  const own = server([
    directive('listen', listen, ...(names.length === 0 ? ['default_server'] : [])),
    ...(names.length === 0 ? [] : [directive('server_name', ...names)]),
    ...application(deployment, headers),
  ]);
  const grpc = grpcServers(deployment, names);
  if (names.length === 0) return [own, ...grpc];
  return [
    server([
      directive('listen', listen, 'default_server'),
      ...misdirected(headers, healthLocations(deployment)),
    ]),
    own,
    ...grpc,
  ];
}

/** Returns the location of challenges, which an ACME authority requests without TLS, also for renewals. */
function challengeLocations({ acme }: HttpsListen): NginxDirective[] {
  if (acme === undefined) return [];
  const content = [directive('root', acme.webroot), directive('default_type', 'text/plain')];
  return [block('location', ['^~', '/.well-known/acme-challenge/'], content)];
}

/** Returns every server block: the application, the redirect, and those that refuse other host names. */
export function serverBlocks(deployment: Deployment): NginxDirective[] {
  const { nginx } = deployment;
  const { listen } = nginx;
  if (listen.scheme === 'http') return plainServers(deployment, listen.address, listen.names);

  const { host, port, redirectPort, names } = listen;
  const secure = formatAddress({ kind: 'tcp', host, port });
  const plain = formatAddress({ kind: 'tcp', host, port: redirectPort });
  const headers = [
    directive('add_header', 'Strict-Transport-Security', strictTransportSecurity, 'always'),
    requestIdHeader,
  ];
  const certificate = [
    directive('ssl_certificate', listen.certificateFile),
    directive('ssl_certificate_key', listen.certificateKeyFile),
  ];
  const { parameter, own } = http2(deployment);
  const protocol = ['ssl', ...parameter];
  const target = port === 443 ? [variable('host')] : [variable('host'), `:${port}`];
  return [
    server([directive('listen', plain, 'default_server'), ...misdirected([requestIdHeader])]),
    server([
      directive('listen', plain),
      directive('server_name', ...names),
      requestIdHeader,
      ...challengeLocations(listen),
      block(
        'location',
        ['/'],
        [directive('return', 308, ['https://', ...target, variable('request_uri')])],
      ),
      ...problemPages([requestIdHeader]),
    ]),
    server([
      directive('listen', secure, ...protocol, 'default_server'),
      ...own,
      // A load balancer names no host in its handshakes.
      ...(nginx.trustedProxies.length > 0
        ? certificate
        : [directive('ssl_reject_handshake', 'on')]),
      // A handshake for a served name may be followed by a request for another one.
      ...misdirected(headers, [...healthLocations(deployment), ...grpcHealthLocations(deployment)]),
    ]),
    server([
      directive('listen', secure, ...protocol),
      ...own,
      directive('server_name', ...names),
      ...certificate,
      ...application(deployment, headers),
    ]),
  ];
}
