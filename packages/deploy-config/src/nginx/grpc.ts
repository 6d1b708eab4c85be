import type { Deployment } from '../deployment.ts';
import { formatAddress } from '../values/address.ts';
import { edgeProblems } from './edge-problem.ts';
import { block, directive, variable, type NginxDirective } from './nginx-directive.ts';
import { nginxDuration } from './nginx-duration.ts';

const upstream = 'fairlead_grpc_gateway';
const problemPath = '/.fairlead/grpc-problem';

/** The services of the gateway; where gRPC shares its port with HTTP, everything else is HTTP's. */
const services = ['/inference.GRPCInferenceService/', '/grpc.health.v1.Health/'];

/** A message has five bytes in front of it. */
const framingBytes = 5;

/**
 * What an error of Nginx's own is in gRPC; UNKNOWN where it isn't listed.
 *
 * Source: https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md, but for sizes and limits
 * RESOURCE_EXHAUSTED, and for the time DEADLINE_EXCEEDED, which say more.
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

/** The group of servers behind gRPC, and what errors are in it; they stand in the http block. */
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
        ...edgeProblems.map(({ status, detail }) => directive(String(status), detail)),
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
    // These replace what the client sent: whoever stands behind believes them.
    directive('grpc_set_header', 'X-Forwarded-For', variable('remote_addr')),
    directive('grpc_set_header', 'X-Forwarded-Host', variable('host')),
    directive('grpc_set_header', 'X-Forwarded-Proto', nginx.publicScheme),
    directive('grpc_set_header', 'X-Real-IP', ''),
    directive('grpc_set_header', 'Forwarded', ''),
    directive('grpc_connect_timeout', nginxDuration(timeouts.nginxConnectMs)),
    directive('grpc_send_timeout', nginxDuration(timeouts.nginxReadMs)),
    directive('grpc_read_timeout', nginxDuration(timeouts.nginxReadMs)),
    directive('error_page', ...edgeProblems.map(({ status }) => status), problemPath),
    directive('grpc_pass', `grpc://${upstream}`),
  ];
}

/** The locations of gRPC in a server: of its services, or of everything where the server is gRPC's alone. */
export function grpcLocations(
  deployment: Deployment,
  headers: readonly NginxDirective[],
  alone: boolean,
): NginxDirective[] {
  if (!deployment.grpc) return [];
  return [
    ...(alone ? ['/'] : services).map((path) => block('location', [path], proxied(deployment))),
    // An answer without a body, whose headers are what gRPC calls trailers.
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
