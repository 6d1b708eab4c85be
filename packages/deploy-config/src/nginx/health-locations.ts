import type { Deployment } from '../deployment.ts';
import { grpcHealthLocation } from './grpc.ts';
import { block, directive, type NginxDirective } from './nginx-directive.ts';
import { proxyDirectives, proxyPass } from './proxy-location.ts';

/** Returns the upstream of a path, as Nginx chooses it among locations; `undefined` if no route matches. */
function upstreamOf(path: string, { nginx }: Deployment): string | undefined {
  const exact = nginx.routes.find((route) => route.match === 'exact' && route.path === path);
  const [longest] = nginx.routes
    .filter((route) => route.match === 'prefix' && path.startsWith(route.path))
    .toSorted((left, right) => right.path.length - left.path.length);
  return (exact ?? longest)?.upstream;
}

/** Allows the load balancer itself: a request that it forwards for a client has the address of that client. */
function trustedOnly({ nginx }: Deployment): NginxDirective[] {
  return [
    ...nginx.trustedProxies.map((network) => directive('allow', network)),
    directive('deny', 'all'),
  ];
}

/**
 * Returns the locations of health checks in the server for all other host names: load balancers check a target by its address,
 * not by a served name. There are none without trusted proxies.
 */
export function healthLocations(deployment: Deployment): NginxDirective[] {
  const { nginx } = deployment;
  if (nginx.trustedProxies.length === 0) return [];
  const locations = nginx.healthPaths.flatMap((path) => {
    const upstream = upstreamOf(path, deployment);
    if (upstream === undefined) return [];
    return [block('location', ['=', path], [...trustedOnly(deployment), proxyPass(upstream)])];
  });
  return locations.length === 0 ? [] : [...proxyDirectives(deployment), ...locations];
}

/** Returns {@link healthLocations} of gRPC. */
export function grpcHealthLocations(deployment: Deployment): NginxDirective[] {
  if (deployment.nginx.trustedProxies.length === 0 || !deployment.grpc) return [];
  return [grpcHealthLocation(deployment, trustedOnly(deployment))];
}
