import type { IncomingMessage } from 'node:http';

/**
 * Path below which a framework mounted the handler: `/ml` after `app.use('/ml', handler)` of Express; empty without one.
 *
 * Express, Connect and Nest remove it from `url`, and store the URL of the client as `originalUrl`.
 */
export function mountPrefix(req: IncomingMessage): string {
  const { url = '/', originalUrl } = req as IncomingMessage & { readonly originalUrl?: unknown };
  if (typeof originalUrl !== 'string' || originalUrl === url) return '';
  const prefix = originalUrl.slice(0, -url.length);
  return originalUrl.endsWith(url) && /^(?:\/[^/?#]+)+$/.test(prefix) ? prefix : '';
}
