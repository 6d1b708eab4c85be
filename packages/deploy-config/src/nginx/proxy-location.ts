import type { Deployment } from '../deployment.ts';
import { block, directive, variable, type NginxDirective } from './nginx-directive.ts';
import { nginxDuration } from './nginx-duration.ts';

/** Returns the name of an upstream in the configuration: prefixed, so that it never resolves as a host. */
export function upstreamName(name: string): string {
  return `fairlead_${name.replaceAll('-', '_')}`;
}

/** Returns the map of the header `Connection`: an empty header is not sent, which keeps the connection alive. */
export function connectionMap({ nginx }: Deployment): NginxDirective {
  return block(
    'map',
    [variable('proxy_host'), variable('fairlead_connection')],
    [
      ...Object.entries(nginx.upstreams)
        .filter(([, { keepAliveConnections }]) => keepAliveConnections > 0)
        .map(([name]) => directive(upstreamName(name), '')),
      directive('default', 'close'),
    ],
  );
}

/** Returns the settings of every proxied location, for the server block, from which locations inherit. */
export function proxyDirectives({ timeouts, nginx }: Deployment): NginxDirective[] {
  return [
    directive('proxy_http_version', 1.1),
    directive('proxy_set_header', 'Connection', variable('fairlead_connection')),
    directive('proxy_set_header', 'Host', variable('host')),
    directive('proxy_set_header', 'X-Request-Id', variable('fairlead_request_id')),
    // These replace the headers of the client, because the upstream trusts them.
    directive('proxy_set_header', 'X-Forwarded-For', variable('remote_addr')),
    directive('proxy_set_header', 'X-Forwarded-Host', variable('host')),
    directive('proxy_set_header', 'X-Forwarded-Proto', nginx.publicScheme),
    directive('proxy_set_header', 'X-Real-IP', ''),
    directive('proxy_set_header', 'Forwarded', ''),
    directive('proxy_set_header', 'Proxy', ''),
    directive('proxy_connect_timeout', nginxDuration(timeouts.nginxConnectMs)),
    directive('proxy_send_timeout', nginxDuration(timeouts.nginxReadMs)),
    directive('proxy_read_timeout', nginxDuration(timeouts.nginxReadMs)),
    directive('proxy_next_upstream', 'error', 'timeout'),
    directive('proxy_next_upstream_tries', 2),
    directive('proxy_next_upstream_timeout', nginxDuration(timeouts.nginxReadMs)),
    directive('proxy_hide_header', 'X-Request-Id'),
  ];
}

/** Returns the directive that forwards to an upstream. */
export function proxyPass(upstream: string): NginxDirective {
  return directive('proxy_pass', `http://${upstreamName(upstream)}`);
}

/** Returns the locations of all routes. */
export function proxyLocations({ nginx }: Deployment): NginxDirective[] {
  return nginx.routes.map(({ path, match, upstream, bufferRequests }) =>
    block('location', match === 'exact' ? ['=', path] : [path], [
      proxyPass(upstream),
      ...(bufferRequests ? [] : [directive('proxy_request_buffering', 'off')]),
    ]),
  );
}
