import { ServingError } from '../../serving-error.ts';

/** Whether a webhook may go to a URL. */
export type IsAllowedDestination = (url: string) => boolean;

const MAX_URL_LENGTH = 2048;

/**
 * Makes the check of where webhooks may go: to URLs that begin with one of `prefixes`, an origin with or without a path.
 *
 * A path has to end at a slash of the URL, so that `https://a.example/hooks` allows `/hooks/1` and not `/hooks-of-others`.
 *
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` for a prefix that is no such URL.
 */
export function webhookDestinations(prefixes: readonly string[]): IsAllowedDestination {
  const allowed = prefixes.map((prefix) => {
    const url = parse(prefix);
    if (url?.search === '') return url;
    const message = `${JSON.stringify(prefix)} can't be where webhooks go; give http(s)://host, perhaps with a port and a path`;
    throw new ServingError('ERR_SERVING_INVALID_OPTION', message);
  });
  return (text) => {
    const url = text.length > MAX_URL_LENGTH ? undefined : parse(text);
    if (url === undefined) return false;
    // Servers decode them at different moments: a path with an escaped dot or slash may leave the prefix there.
    if (/%2e|%2f|%5c/i.test(url.pathname)) return false;
    return allowed.some(
      ({ origin, pathname }) => origin === url.origin && isBelow(pathname, url.pathname),
    );
  };
}

function isBelow(prefix: string, path: string): boolean {
  return path === prefix || path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`);
}

function parse(text: string): URL | undefined {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined;
  return url.username === '' && url.password === '' && url.hash === '' ? url : undefined;
}
