import { isIP } from 'node:net';
import { addressKind, type AddressKind } from './addresses/address-kind.ts';
import { hasPlainPath } from './plain-path.ts';
import { WebhookError } from './webhook-error.ts';

/** Returns the kinds of addresses that a webhook to a URL may connect to; undefined for a URL that isn't allowed. */
export type FindDestination = (url: string) => readonly AddressKind[] | undefined;

const MAX_URL_LENGTH = 2048;
const PUBLIC: readonly AddressKind[] = ['public'];
const PUBLIC_OR_PRIVATE: readonly AddressKind[] = ['public', 'private'];

/**
 * Creates the check of webhook URLs: a URL is allowed when it begins with one of `destinations` or
 * `privateDestinations`, an origin with or without a path. A path matches whole segments: `https://a.example/hooks`
 * allows `/hooks/1` and not `/hooks-internal`.
 *
 * Loopback and private addresses are reached only below `privateDestinations`, and below a destination whose host is
 * such an address, or `localhost`. Link-local and metadata addresses are never reached.
 *
 * @throws WebhookError `ERR_WEBHOOKS_INVALID_OPTION` for a destination that isn't such a URL.
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
    throw invalid(
      text,
      'use http(s)://host, optionally with a port and a path without escaped dots and slashes',
    );
  }
  const { hostname, origin, pathname: path } = url;
  const kind = kindOfHost(hostname);
  if (kind === 'metadata' || kind === 'reserved') {
    throw invalid(text, 'link-local, metadata and reserved addresses are never allowed');
  }
  return { origin, path, kinds: kind === 'private' ? PUBLIC_OR_PRIVATE : kinds };
}

/** The kind of a host that is an address or `localhost`; undefined for a name that is resolved at each delivery. */
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

function invalid(text: string, fix: string): WebhookError {
  const message = `${JSON.stringify(text)} can't be a destination of webhooks; ${fix}`;
  return new WebhookError('ERR_WEBHOOKS_INVALID_OPTION', message);
}
