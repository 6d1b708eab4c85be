import { checkDeployment } from '../check-options.ts';
import type { Deployment } from '../deployment.ts';
import { formatAddress } from '../values/address.ts';
import { clientNetwork, clientNetworkMap } from './client-network.ts';
import { grpcContext } from './grpc.ts';
import { block, directive, variable, type NginxDirective } from './nginx-directive.ts';
import { nginxDuration } from './nginx-duration.ts';
import { openFilesFor } from './open-files.ts';
import { problemMaps } from './problem-pages.ts';
import { connectionMap, upstreamName } from './proxy-location.ts';
import { serverBlocks } from './server-blocks.ts';
import { tlsDirectives } from './tls-directives.ts';

const requestId = 'fairlead_request_id';

/** Path of a request as the client sent it: `$uri` is decoded, and is that of the error page after an error. */
const requestPath = 'fairlead_request_path';

/** Request ids that a client may choose: no character needs escaping in a log, a header or JSON. */
const clientRequestId = '~^[A-Za-z0-9._-]{1,128}$';

/** Folders for temporary files; each is set, so that no compiled-in path is used. */
const tempFolders = {
  client_body_temp_path: 'body',
  proxy_temp_path: 'proxy',
  fastcgi_temp_path: 'fastcgi',
  uwsgi_temp_path: 'uwsgi',
  scgi_temp_path: 'scgi',
};

/** Fields of the JSON object per request; `escape=json` escapes the text of clients. */
const logFields: Readonly<Record<string, string>> = {
  time: 'time_iso8601',
  requestId,
  client: 'remote_addr',
  method: 'request_method',
  // Without the query, which may contain secrets.
  uri: requestPath,
  status: 'status',
  requestBytes: 'request_length',
  responseBytes: 'bytes_sent',
  seconds: 'request_time',
  upstream: 'upstream_addr',
  upstreamStatus: 'upstream_status',
  upstreamSeconds: 'upstream_response_time',
};

function accessLog({ nginx, layout }: Deployment): NginxDirective[] {
  if (!nginx.accessLog) return [directive('access_log', 'off')];
  const fields = Object.entries(logFields).flatMap(([field, name], index) => [
    `${index === 0 ? '{' : ','}"${field}":"`,
    variable(name),
    '"',
  ]);
  return [
    block(
      'map',
      [variable('request_uri'), variable(requestPath)],
      [directive('~^(?<fairlead_path>[^?]*)', variable('fairlead_path')), directive('default', '')],
    ),
    directive('log_format', 'fairlead', 'escape=json', [...fields, '}']),
    directive('access_log', layout.nginxAccessLog, 'fairlead'),
  ];
}

function upstreams({ nginx, keepAlive }: Deployment): NginxDirective[] {
  return Object.entries(nginx.upstreams).map(([name, { servers, keepAliveConnections }]) =>
    block(
      'upstream',
      [upstreamName(name)],
      [
        ...servers.map((address) => directive('server', formatAddress(address))),
        ...(keepAliveConnections === 0
          ? []
          : [
              directive('keepalive', keepAliveConnections),
              directive('keepalive_timeout', nginxDuration(keepAlive.upstreamMs)),
            ]),
      ],
    ),
  );
}

function limitZones({ nginx: { perAddress } }: Deployment): NginxDirective[] {
  if (!perAddress) return [];
  return [
    clientNetworkMap(),
    directive(
      'limit_req_zone',
      clientNetwork,
      'zone=fairlead_requests:10m',
      `rate=${perAddress.requestsPerSecond}r/s`,
    ),
    directive('limit_conn_zone', clientNetwork, 'zone=fairlead_connections:10m'),
    directive('limit_req_status', 429),
    directive('limit_conn_status', 429),
  ];
}

function realIp({ nginx: { trustedProxies } }: Deployment): NginxDirective[] {
  if (trustedProxies.length === 0) return [];
  return [
    ...trustedProxies.map((network) => directive('set_real_ip_from', network)),
    directive('real_ip_header', 'X-Forwarded-For'),
    directive('real_ip_recursive', 'on'),
  ];
}

function httpBlock(deployment: Deployment): NginxDirective {
  const { nginx, timeouts, keepAlive, layout, maxBodyBytes } = deployment;
  const clientTimeout = nginxDuration(timeouts.nginxClientMs);
  return block(
    'http',
    [],
    [
      // Messages about a request have its whole request line, with the query.
      ...(nginx.requestErrorLog ? [] : [directive('error_log', layout.nginxErrorLog, 'alert')]),
      directive('server_tokens', 'off'),
      directive('underscores_in_headers', 'off'),
      // Behind a load balancer, Nginx knows neither the port nor the scheme of the client.
      directive('absolute_redirect', 'off'),
      directive('default_type', 'application/octet-stream'),
      directive('server_names_hash_bucket_size', 512),
      ...Object.entries(tempFolders).map(([name, folder]) =>
        directive(name, `${layout.nginxTempFolder}/${folder}`),
      ),
      directive('tcp_nodelay', 'on'),
      directive('client_max_body_size', maxBodyBytes),
      directive('client_body_buffer_size', '128k'),
      directive('client_header_timeout', clientTimeout),
      directive('client_body_timeout', clientTimeout),
      directive('send_timeout', clientTimeout),
      // The rest of a refused body is read as long as in the gateway.
      directive('lingering_time', '5s'),
      directive('lingering_timeout', '2s'),
      directive('keepalive_timeout', nginxDuration(keepAlive.nginxMs)),
      directive('keepalive_requests', 10_000),
      directive('reset_timedout_connection', 'on'),
      ...(nginx.listen.scheme === 'https' ? tlsDirectives(deployment) : []),
      ...realIp(deployment),
      ...limitZones(deployment),
      block(
        'map',
        [variable('http_x_request_id'), variable(requestId)],
        [
          directive(clientRequestId, variable('http_x_request_id')),
          directive('default', variable('request_id')),
        ],
      ),
      block(
        // The id in the response of the upstream, if any: its logs have that one.
        'map',
        [variable('upstream_http_x_request_id'), variable('fairlead_response_id')],
        [
          directive('', variable(requestId)),
          directive('default', variable('upstream_http_x_request_id')),
        ],
      ),
      connectionMap(deployment),
      ...problemMaps(),
      ...accessLog(deployment),
      ...upstreams(deployment),
      ...grpcContext(deployment),
      ...serverBlocks(deployment),
    ],
  );
}

/**
 * Returns the tree of Nginx's configuration, to extend and pass to `serializeNginx`.
 *
 * @example
 * ```ts
 * import { defineDeployment, folderLayout, nginxConfig } from '@fairlead/deploy-config';
 *
 * const deployment = defineDeployment({
 *   target: { nginx: '1.22.1' },
 *   host: { cores: 2, memoryBytes: 4e9 },
 *   layout: folderLayout('/tmp/my-service'),
 *   nginx: { listen: { scheme: 'http', address: '127.0.0.1:8080' } },
 *   gateway: { listen: '127.0.0.1:3000' },
 * });
 * console.log(nginxConfig(deployment).some(({ name }) => name === 'http')); // true
 * ```
 */
export function nginxConfig(deployment: Deployment): NginxDirective[] {
  checkDeployment(deployment);
  const { nginx, layout, timeouts } = deployment;
  return [
    ...(nginx.user === undefined ? [] : [directive('user', nginx.user)]),
    // Under systemd the distribution's unit sets it on the command line, and Nginx refuses a duplicate.
    ...(layout.supervisor === 'foreground' ? [directive('daemon', 'off')] : []),
    directive('pid', layout.nginxPidFile),
    directive('error_log', layout.nginxErrorLog, 'warn'),
    directive('worker_processes', nginx.workers),
    directive('worker_rlimit_nofile', openFilesFor(nginx.workerConnections)),
    directive('worker_shutdown_timeout', nginxDuration(timeouts.nginxReadMs)),
    block('events', [], [directive('worker_connections', nginx.workerConnections)]),
    httpBlock(deployment),
  ];
}
