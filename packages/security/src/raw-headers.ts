import type { IncomingMessage } from 'node:http';

/**
 * How many times a header was sent; `name` in lower case.
 *
 * `req.headers` keeps the first of two `Authorization` or `Content-Type` lines and hides that there were two, of
 * which a proxy in front may have believed the other.
 */
export function countHeader({ rawHeaders }: IncomingMessage, name: string): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const candidate = rawHeaders[index];
    if (candidate?.length === name.length && candidate.toLowerCase() === name) count++;
  }
  return count;
}
