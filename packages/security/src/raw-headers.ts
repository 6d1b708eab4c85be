import type { IncomingMessage } from 'node:http';

/**
 * Counts how often a header was sent; `name` is in lower case.
 *
 * `req.headers` has the first of two `Authorization` or `Content-Type` lines and hides the second, which a proxy
 * may have used instead.
 */
export function countHeader({ rawHeaders }: IncomingMessage, name: string): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const candidate = rawHeaders[index];
    if (candidate?.length === name.length && candidate.toLowerCase() === name) count++;
  }
  return count;
}
