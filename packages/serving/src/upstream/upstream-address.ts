import { isIP } from 'node:net';
import { addressKind } from '@fairlead/webhooks/addresses';
import { ServingError } from '../errors/serving-error.ts';

/** Address of an upstream. */
export interface UpstreamAddress {
  /** Scheme, host and port, as the `Host` header needs them. */
  readonly origin: string;
  /** Path of a Unix socket, when it listens on one. */
  readonly socketPath?: string;
}

/**
 * Reads an upstream's address: `http://host:port`, or `unix:/path/to/socket`.
 *
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` for anything else, and for link-local and metadata addresses.
 */
export function parseUpstreamAddress(name: string, url: string): UpstreamAddress {
  if (url.startsWith('unix:')) {
    const socketPath = url.slice('unix:'.length);
    // sun_path is 108 bytes on Linux, with the closing NUL.
    if (
      !socketPath.startsWith('/') ||
      Buffer.byteLength(socketPath) > 107 ||
      socketPath.includes('\0')
    ) {
      throw invalid(name, url, 'a socket needs an absolute path of at most 107 bytes');
    }
    return { origin: 'http://localhost', socketPath };
  }
  const parsed = URL.parse(url);
  if (parsed === null || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')) {
    throw invalid(name, url, 'use http://host:port, https://host:port or unix:/path');
  }
  if (
    parsed.username !== '' ||
    parsed.password !== '' ||
    parsed.pathname !== '/' ||
    parsed.search !== ''
  ) {
    throw invalid(name, url, 'give scheme, host and port alone');
  }
  const host = parsed.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && addressKind(host) === 'metadata') {
    throw invalid(name, url, 'link-local and metadata addresses are never upstreams');
  }
  return { origin: parsed.origin };
}

function invalid(name: string, url: string, fix: string): ServingError {
  const shown = JSON.stringify(url.replace(/\/\/[^/@]*@/, '//…@'));
  return new ServingError(
    'ERR_SERVING_INVALID_OPTION',
    `upstream "${name}" has address ${shown}; ${fix}`,
  );
}
