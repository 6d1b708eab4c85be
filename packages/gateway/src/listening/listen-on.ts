import { once } from 'node:events';
import { fstatSync, lstatSync, rmSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { forSetting } from '../settings/settings-error.ts';

/**
 * Connections that may wait until the process takes them, as many as the kernel allows (`net.core.somaxconn`) if that is
 * less: a Unix socket whose queue is full refuses Nginx at once, which answers 502.
 */
const BACKLOG = 4096;

/**
 * Makes a server listen on `host:port`, `unix:/path` or `fd:number`. A Unix socket that a killed process left is replaced.
 *
 * @throws SettingsError naming the variable when the server can't listen.
 */
export async function listenOn(server: Server, address: string, variable: string): Promise<void> {
  const path = address.startsWith('unix:') ? address.slice('unix:'.length) : undefined;
  const listening = async (): Promise<void> => {
    if (path !== undefined) {
      server.listen({ path, backlog: BACKLOG });
    } else if (isInherited(address)) {
      // For a descriptor, Node accepts the backlog as a second argument only.
      server.listen({ fd: Number(address.slice('fd:'.length)) }, BACKLOG);
    } else {
      const colon = address.lastIndexOf(':');
      const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
      server.listen({ host, port: Number(address.slice(colon + 1)), backlog: BACKLOG });
    }
    await once(server, 'listening');
  };
  try {
    await listening().catch(async (cause: unknown) => {
      if (path === undefined || !(await isAbandoned(path, cause))) throw cause;
      rmSync(path, { force: true });
      await listening();
    });
  } catch (cause) {
    forSetting(variable, () => {
      throw cause;
    });
  }
}

/** Checks whether a socket exists that no process listens on: the volume of a container outlasts a process that was killed. */
async function isAbandoned(path: string, cause: unknown): Promise<boolean> {
  if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') return false;
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return false;
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return false;
  } catch (refused) {
    return (refused as NodeJS.ErrnoException).code === 'ECONNREFUSED';
  } finally {
    socket.destroy();
  }
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
