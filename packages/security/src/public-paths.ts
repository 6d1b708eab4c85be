import type { IncomingMessage } from 'node:http';
import { refuseOption } from './check-option.ts';

/**
 * Makes the test whether a request reads (`GET`, `HEAD`) one of these exact paths, for `apiKeys({ isPublic })`.
 *
 * Paths are compared as they were sent, without decoding or normalising: what only looks like a public path after
 * either isn't public.
 *
 * @throws SecurityError `ERR_SECURITY_OPTION` if a path doesn't begin with `/` or holds a query.
 */
export function publicPaths(...paths: readonly string[]): (req: IncomingMessage) => boolean {
  for (const path of paths) {
    if (!/^\/[^?#]*$/.test(path)) refuseOption('paths', 'a path such as "/health"', path);
  }
  const known = new Set(paths);
  return function isPublicPath(req: IncomingMessage): boolean {
    if (req.method !== 'GET' && req.method !== 'HEAD') return false;
    const url = originalUrl(req) ?? '';
    const query = url.indexOf('?');
    return known.has(query === -1 ? url : url.slice(0, query));
  };
}

/** Express cuts the path at which a router is mounted off `url` and keeps the whole in `originalUrl`. */
function originalUrl(req: IncomingMessage): string | undefined {
  return 'originalUrl' in req && typeof req.originalUrl === 'string' ? req.originalUrl : req.url;
}
