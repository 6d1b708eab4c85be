import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Listening {
  readonly server: Server;
  readonly port: number;
  readonly url: string;
}

/** Serves on a free port of the loopback address until the test ends. */
export async function listen(
  listener: RequestListener,
  options: ServerOptions = {},
): Promise<Listening> {
  const server = createServer(options, listener);
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { server, port, url: `http://127.0.0.1:${port}` };
}
