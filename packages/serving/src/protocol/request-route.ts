import type { InferTarget } from '../inference/infer-request.ts';
import type { Protocol, Route } from './protocol.ts';

/** Path of a protocol, with that protocol. */
export interface ProtocolRoute {
  readonly protocol: Protocol;
  readonly route: Route;
}

/** Part of an HTTP request that its route depends on; a request of `node:http` has it. */
export interface RoutableRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
}

/** Result of a search, which requests of the same path share. */
interface KnownPath {
  readonly protocols: readonly Protocol[];
  readonly path: string;
  readonly found: ProtocolRoute | undefined;
}

/** Property of a request that holds its route. */
const ROUTE = Symbol('route');

/** Most requests have one of a few paths. */
const MAX_KNOWN_PATHS = 1024;
const MAX_KNOWN_PATH_LENGTH = 256;
const knownPaths = new WeakMap<readonly Protocol[], Map<string, KnownPath>>();

/**
 * Routes a request to the first protocol that has its path; undefined when none has.
 *
 * A request is routed once: the route is stored with it, for metrics, authorization, jobs and inference alike. It is routed again
 * only for other protocols, or when its URL was rewritten, as Express does below a mount.
 */
export function routeRequest(
  protocols: readonly Protocol[],
  req: RoutableRequest,
): ProtocolRoute | undefined {
  const path = pathOf(req.url ?? '/');
  const routed = (req as { [ROUTE]?: KnownPath })[ROUTE];
  if (routed?.path === path && routed.protocols === protocols) return routed.found;
  const known = findPath(protocols, path);
  (req as { [ROUTE]?: KnownPath })[ROUTE] = known;
  return known.found;
}

/** Finds the route of a path in the first protocol that has it. */
export function findRoute(protocols: readonly Protocol[], url: string): ProtocolRoute | undefined {
  return findPath(protocols, pathOf(url)).found;
}

/**
 * Returns the model that a request infers with, for authorization; undefined for every other request.
 *
 * The result is the route that the inference handler uses, so no spelling of a path is read differently by authorization.
 *
 * @example
 * ```ts
 * import { inferenceTarget, openInference } from '@fairlead/serving';
 *
 * const req = { method: 'POST', url: '/v2/models/digits/versions/2/infer' };
 * console.log(inferenceTarget([openInference()], req)?.version); // 2
 * ```
 */
export function inferenceTarget(
  protocols: readonly Protocol[],
  req: RoutableRequest,
): InferTarget | undefined {
  return routeRequest(protocols, req)?.route.target;
}

/** Kind of a request: inference with a model, a change of what is served, or reading. */
export type Access =
  | { readonly type: 'infer'; readonly target: InferTarget }
  | { readonly type: 'administer' }
  | { readonly type: 'read' };

/**
 * Returns the kind of a request, for authorization; undefined when its path belongs to none of the protocols.
 *
 * The result is that of the route that the inference handler uses, as for {@link inferenceTarget}.
 *
 * @example
 * ```ts
 * import { openInference, requestAccess } from '@fairlead/serving';
 *
 * const protocols = [openInference()];
 * console.log(requestAccess(protocols, { method: 'GET', url: '/v2/models/digits' })?.type); // read
 * console.log(requestAccess(protocols, { method: 'GET', url: '/other' })); // undefined
 * ```
 */
export function requestAccess(
  protocols: readonly Protocol[],
  req: RoutableRequest,
): Access | undefined {
  const route = routeRequest(protocols, req)?.route;
  if (route === undefined) return undefined;
  if (route.target !== undefined) return { type: 'infer', target: route.target };
  const reads = req.method === 'GET' || req.method === 'HEAD';
  return { type: route.administers === true && !reads ? 'administer' : 'read' };
}

/** The path of a URL, without its query. */
export function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

function findPath(protocols: readonly Protocol[], path: string): KnownPath {
  let paths = knownPaths.get(protocols);
  if (paths === undefined) knownPaths.set(protocols, (paths = new Map<string, KnownPath>()));
  const known = paths.get(path);
  if (known !== undefined) return known;
  const searched = { protocols, path, found: searchRoute(protocols, path) };
  if (path.length <= MAX_KNOWN_PATH_LENGTH) {
    if (paths.size >= MAX_KNOWN_PATHS) paths.clear();
    paths.set(path, searched);
  }
  return searched;
}

function searchRoute(protocols: readonly Protocol[], path: string): ProtocolRoute | undefined {
  for (const protocol of protocols) {
    const route = protocol.route(path);
    if (route !== undefined) return { protocol, route };
  }
  return undefined;
}
