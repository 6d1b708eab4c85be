import type { Deployment } from '@fairlead/deploy-config';

import { invalidOption } from '../check-options.ts';

/** Where the load balancer reaches Nginx on a host. */
export interface HostTarget {
  readonly protocol: 'http' | 'https';
  readonly port: number;
  /** Path that is answered with 200 by a host that can predict. */
  readonly healthPath: string;
  /** Port of gRPC in plain HTTP/2; `undefined` without gRPC. */
  readonly grpcPort: number | undefined;
}

/**
 * Reads port and paths of a deployment, and refuses one that doesn't work behind a load balancer that terminates TLS.
 *
 * @param deployment Deployment of the hosts.
 * @param network Addresses of the load balancer; not checked if they aren't known.
 */
export function targetOf(deployment: Deployment, network: string | undefined): HostTarget {
  const { nginx, keepAlive, timeouts, grpc } = deployment;
  const { listen } = nginx;
  const address =
    listen.scheme === 'http'
      ? listen.address
      : ({ kind: 'tcp', host: listen.host, port: listen.port } as const);
  if (address.kind === 'unix' || address.host.startsWith('127.') || address.host === '::1') {
    throw invalidOption(
      'nginx.listen of the deployment is an address within the host, which the load balancer can\'t reach: use an address such as "0.0.0.0:8080".',
    );
  }
  if (nginx.publicScheme !== 'https') {
    throw invalidOption(
      'nginx.publicScheme of the deployment is "http", but clients use https: set it to \'https\', so that links and redirects are right.',
    );
  }
  if (network !== undefined && !nginx.trustedProxies.includes(network)) {
    throw invalidOption(
      `nginx.trustedProxies of the deployment is ${JSON.stringify(nginx.trustedProxies)}: add "${network}", the network of the load balancer, or all clients share the limits of one address.`,
    );
  }
  const healthPath = nginx.healthPaths.find((path) => path.endsWith('/ready'));
  if (healthPath === undefined) {
    throw invalidOption(
      `nginx.healthPaths of the deployment is ${JSON.stringify(nginx.healthPaths)}: add "/v2/health/ready", which the load balancer checks.`,
    );
  }
  if (keepAlive.clientMs <= timeouts.requestMs) {
    throw invalidOption(
      `keepAlive.clientMs of the deployment is ${keepAlive.clientMs}, the idle timeout of the load balancer, and timeouts.requestMs is ${timeouts.requestMs}: raise the first above the second, or long predictions end with 504.`,
    );
  }
  return {
    ...{ protocol: listen.scheme, port: address.port, healthPath },
    grpcPort: grpc === undefined ? undefined : (portOf(grpc.address) ?? address.port),
  };
}

function portOf(address: { readonly kind: string; readonly port?: number } | undefined) {
  return address?.kind === 'tcp' ? address.port : undefined;
}
