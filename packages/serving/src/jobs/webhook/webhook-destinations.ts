import { isIP } from 'node:net';
import { addressKind, type AddressKind } from '../../network/address-kind.ts';
import { ServingError } from '../../errors/serving-error.ts';
import { hasPlainPath } from './plain-path.ts';

/** Finds to what kinds of addresses the webhook of a URL may go; undefined when it may go nowhere. */
export type FindDestination = (url: string) => readonly AddressKind[] | undefined;

const MAX_URL_LENGTH = 2048;
const PUBLIC: readonly AddressKind[] = ['public'];
const PUBLIC_OR_PRIVATE: readonly AddressKind[] = ['public', 'private'];

/**
 * Makes the check of where webhooks may go: to URLs that begin with one of `destinations` or `privateDestinations`, an
 * origin with or without a path. A path has to end at a slash of the URL, so that `https://a.example/hooks` allows
 * `/hooks/1` and not `/hooks-of-others`.
 *
 * Loopback and private addresses are reached only below `privateDestinations`, and below a destination whose host is
 * such an address, or `localhost`. Link-local and metadata addresses never are.
 *
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` for a destination that is no such URL.
 */
export function webhookDestinations(
  destinations: readonly string[],
  privateDestinations: readonly string[],
): FindDestination {
  const allowed = [
    ...destinations.map((text) => destination(text, PUBLIC)),
    ...privateDestinations.map((text) => destination(text, PUBLIC_OR_PRIVATE)),
  ];
  return (text) => {
    const url = text.length > MAX_URL_LENGTH ? undefined : parse(text);
    if (url === undefined) return undefined;
    const found = allowed.filter(
      ({ origin, path }) => origin === url.origin && isBelow(path, url.pathname),
    );
    return found.find(({ kinds }) => kinds !== PUBLIC)?.kinds ?? found[0]?.kinds;
  };
}

function destination(text: string, kinds: readonly AddressKind[]) {
  const url = parse(text);
  if (url?.search !== '') {
    throw refused(
      text,
      'give http(s)://host, perhaps with a port and a path without escapes of dots and slashes',
    );
  }
  const { hostname, origin, pathname: path } = url;
  const kind = kindOfHost(hostname);
  if (kind === 'metadata' || kind === 'reserved') {
    throw refused(text, 'link-local, metadata and reserved addresses are never called');
  }
  return { origin, path, kinds: kind === 'private' ? PUBLIC_OR_PRIVATE : kinds };
}

/** The kind of a host that is an address, or names the host itself; undefined for a name that is resolved later. */
function kindOfHost(hostname: string): AddressKind | undefined {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0) return addressKind(host);
  return /(?:^|\.)localhost$/.test(host) ? 'private' : undefined;
}

function isBelow(prefix: string, path: string): boolean {
  return path === prefix || path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`);
}

function parse(text: string): URL | undefined {
  if (!hasPlainPath(text)) return undefined;
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined;
  return url.username === '' && url.password === '' && url.hash === '' ? url : undefined;
}

function refused(text: string, fix: string): ServingError {
  const message = `${JSON.stringify(text)} can't be where webhooks go; ${fix}`;
  return new ServingError('ERR_SERVING_INVALID_OPTION', message);
}
