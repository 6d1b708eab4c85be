import { isIP } from 'node:net';

import { isAbsolutePath, type AbsolutePath } from './absolute-path.ts';

/** Address of a server: a Unix socket, or an IP address and a port. */
export type Address = UnixAddress | TcpAddress;

/** A Unix socket. */
export interface UnixAddress {
  /** Distinguishes it from a {@link TcpAddress}. */
  readonly kind: 'unix';
  /** The socket's path, at most {@link maxSocketPathBytes} long. */
  readonly path: AbsolutePath;
}

/** An IP address and a port. */
export interface TcpAddress {
  /** Distinguishes it from a {@link UnixAddress}. */
  readonly kind: 'tcp';
  /** IPv4, or IPv6 without brackets. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
}

/** Text form of an {@link Address}: `unix:/run/a.sock`, `127.0.0.1:8080` or `[::1]:8080`. */
export type AddressText = `unix:${string}` | `${string}:${number}` | `[${string}]:${number}`;

/**
 * Longest path of a Unix socket in bytes: `sun_path` holds 108 with the terminating NUL.
 *
 * Source: https://man7.org/linux/man-pages/man7/unix.7.html
 */
export const maxSocketPathBytes = 107;

/** Parses an address; `undefined` when it is invalid. Names are refused: each server would resolve them separately. */
export function parseAddress(text: string): Address | undefined {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length);
    return isAbsolutePath(path) ? { kind: 'unix', path } : undefined;
  }
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (!(port >= 1 && port <= 65_535)) return undefined;
  if (bracketed !== undefined) {
    return isIP(bracketed) === 6 ? { kind: 'tcp', host: bracketed, port } : undefined;
  }
  return plain !== undefined && isIP(plain) === 4 ? { kind: 'tcp', host: plain, port } : undefined;
}

/**
 * Formats an address as Nginx and Gunicorn read it.
 *
 * @example
 * ```ts
 * import { formatAddress } from '@fairlead/deploy-config';
 *
 * console.log(formatAddress({ kind: 'tcp', host: '::1', port: 80 })); // [::1]:80
 * ```
 */
export function formatAddress(address: Address): AddressText {
  if (address.kind === 'unix') return `unix:${address.path}`;
  const host = isIP(address.host) === 6 ? `[${address.host}]` : address.host;
  return `${host}:${address.port}`;
}
