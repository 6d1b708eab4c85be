import type { Deployment } from '../deployment.ts';
import { formatAddress } from '../values/address.ts';
import { nginxProblems } from './nginx-problem.ts';
import { block, directive, variable, type NginxDirective } from './nginx-directive.ts';
import { nginxDuration } from './nginx-duration.ts';

const upstream = 'fairlead_grpc_gateway';
const problemPath = '/.fairlead/grpc-problem';

const healthService = '/grpc.health.v1.Health/';

/** gRPC services of the gateway; on a shared port, all other paths are HTTP. */
const services = ['/inference.GRPCInferenceService/', healthService];

/** Length of the prefix of a message. */
const framingBytes = 5;

/**
 * gRPC status of Nginx's error responses; UNKNOWN if it isn't listed.
 *
 * Source: https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md, but for sizes and limits
 * RESOURCE_EXHAUSTED, and for timeouts DEADLINE_EXCEEDED, which are more specific.
 */
const grpcStatuses: Readonly<Record<number, number>> = {
  400: 13,
  404: 12,
  413: 8,
  429: 8,
  431: 8,
  500: 13,
  502: 14,
  503: 14,
  504: 4,
};

/** Returns the upstream of gRPC and the maps of its errors, for the http block. */
export function grpcContext({ grpc, keepAlive }: Deployment): NginxDirective[] {
  if (!grpc) return [];
  return [
    block(
      'map',
      [variable('status'), variable('fairlead_grpc_status')],
      [
        ...Object.entries(grpcStatuses).map(([status, code]) => directive(status, code)),
        directive('default', 2),
      ],
    ),
    block(
      'map',
      [variable('status'), variable('fairlead_grpc_message')],
      [
        ...nginxProblems.map(({ status, detail }) => directive(String(status), detail)),
        directive('default', ''),
      ],
    ),
    block(
      'upstream',
      [upstream],
      [
        directive('server', formatAddress(grpc.gatewayListen)),
        directive('keepalive', keepAlive.connections),
        directive('keepalive_timeout', nginxDuration(keepAlive.upstreamMs)),
      ],
    ),
  ];
}

function proxied({ timeouts, maxBodyBytes, nginx }: Deployment): NginxDirective[] {
  return [
    directive('client_max_body_size', maxBodyBytes + framingBytes),
    directive('grpc_set_header', 'Host', variable('host')),
    directive('grpc_set_header', 'X-Request-Id', variable('fairlead_request_id')),
    // These replace the headers of the client, because the upstream trusts them.
    directive('grpc_set_header', 'X-Forwarded-For', variable('remote_addr')),
    directive('grpc_set_header', 'X-Forwarded-Host', variable('host')),
    directive('grpc_set_header', 'X-Forwarded-Proto', nginx.publicScheme),
    directive('grpc_set_header', 'X-Real-IP', ''),
    directive('grpc_set_header', 'Forwarded', ''),
    directive('grpc_connect_timeout', nginxDuration(timeouts.nginxConnectMs)),
    directive('grpc_send_timeout', nginxDuration(timeouts.nginxReadMs)),
    directive('grpc_read_timeout', nginxDuration(timeouts.nginxReadMs)),
    directive('error_page', ...nginxProblems.map(({ status }) => status), problemPath),
    directive('grpc_pass', `grpc://${upstream}`),
  ];
}

/** Returns the location of the health service, with `access` in front. */
export function grpcHealthLocation(
  deployment: Deployment,
  access: readonly NginxDirective[],
): NginxDirective {
  return block('location', [healthService], [...proxied(deployment), ...access]);
}

/** Returns the locations of gRPC in a server: its services, or all paths of a server for gRPC only. */
export function grpcLocations(
  deployment: Deployment,
  headers: readonly NginxDirective[],
  alone: boolean,
): NginxDirective[] {
  if (!deployment.grpc) return [];
  return [
    ...(alone ? ['/'] : services).map((path) => block('location', [path], proxied(deployment))),
    // A response without a body, whose headers gRPC reads as trailers.
    block(
      'location',
      ['=', problemPath],
      [
        directive('internal'),
        directive('default_type', 'application/grpc'),
        ...headers,
        directive('add_header', 'grpc-status', variable('fairlead_grpc_status'), 'always'),
        directive('add_header', 'grpc-message', variable('fairlead_grpc_message'), 'always'),
        directive('return', 200),
      ],
    ),
  ];
}
