import { once } from 'node:events';
import { fstatSync } from 'node:fs';
import type { Server } from 'node:net';
import { forSetting } from '../settings/settings-error.ts';

/**
 * Connections that may wait until the process takes them, as many as the kernel allows (`net.core.somaxconn`) if that is
 * less: a Unix socket whose queue is full refuses Nginx at once, which answers 502.
 */
const BACKLOG = 4096;

/**
 * Makes a server listen on `host:port`, `unix:/path` or `fd:number`.
 *
 * @throws SettingsError naming the variable when the server can't listen.
 */
export async function listenOn(server: Server, address: string, variable: string): Promise<void> {
  if (address.startsWith('unix:')) {
    server.listen({ path: address.slice('unix:'.length), backlog: BACKLOG });
  } else if (isInherited(address)) {
    // For a descriptor, Node accepts the backlog as a second argument only.
    server.listen({ fd: Number(address.slice('fd:'.length)) }, BACKLOG);
  } else {
    const colon = address.lastIndexOf(':');
    const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
    server.listen({ host, port: Number(address.slice(colon + 1)), backlog: BACKLOG });
  }
  await once(server, 'listening').catch((cause: unknown) => {
    forSetting(variable, () => {
      throw cause;
    });
  });
}

/** Returns whether another process created the socket, in which connections wait until they are accepted. */
export function isInherited(address: string): boolean {
  return address.startsWith('fd:');
}

/**
 * Makes sure that a socket which will be listened on later was passed to this process.
 *
 * @throws SettingsError naming the variable when it wasn't.
 */
export function requireInherited(address: string, variable: string): void {
  forSetting(variable, () => {
    if (fstatSync(Number(address.slice('fd:'.length))).isSocket()) return;
    throw new Error(`${address} is no socket; pass one on, as systemd does, or name an address`);
  });
}
