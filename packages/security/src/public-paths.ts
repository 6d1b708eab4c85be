import type { IncomingMessage } from 'node:http';
import { rejectOption } from './check-options.ts';

/**
 * Returns the test whether a request reads (`GET`, `HEAD`) one of these exact paths, for `apiKeys({ isPublic })`.
 *
 * Paths are compared as sent, without decoding or normalizing: a path that equals a public one only afterwards
 * isn't public.
 *
 * @throws SecurityError `ERR_SECURITY_INVALID_OPTION` if a path doesn't begin with `/` or holds a query.
 *
 * @example
 * ```ts
 * import type { IncomingMessage } from 'node:http';
 * import { publicPaths } from '@fairlead/security';
 *
 * const isPublic = publicPaths('/health', '/docs');
 * console.log(isPublic({ method: 'GET', url: '/health?x=1' } as IncomingMessage)); // true
 * ```
 */
export function publicPaths(...paths: readonly string[]): (req: IncomingMessage) => boolean {
  for (const path of paths) {
    if (typeof path !== 'string' || !/^\/[^?#]*$/.test(path))
      rejectOption('paths', 'a path such as "/health"', path);
  }
  const known = new Set(paths);
  return function isPublicPath(req: IncomingMessage): boolean {
    if (req.method !== 'GET' && req.method !== 'HEAD') return false;
    const url = originalUrl(req) ?? '';
    const query = url.indexOf('?');
    return known.has(query === -1 ? url : url.slice(0, query));
  };
}

/** Express removes the mount path of a router from `url` and stores the whole in `originalUrl`. */
function originalUrl(req: IncomingMessage): string | undefined {
  return 'originalUrl' in req && typeof req.originalUrl === 'string' ? req.originalUrl : req.url;
}
