import type { Server } from 'node:net';

/** Makes a server listen on `host:port`, `unix:/path` or `fd:number`. */
export function listenOn(server: Server, address: string): void {
  if (address.startsWith('unix:')) {
    server.listen({ path: address.slice('unix:'.length) });
  } else if (address.startsWith('fd:')) {
    server.listen({ fd: Number(address.slice('fd:'.length)) });
  } else {
    const colon = address.lastIndexOf(':');
    const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
    server.listen({ host, port: Number(address.slice(colon + 1)) });
  }
}
