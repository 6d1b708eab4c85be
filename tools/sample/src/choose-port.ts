import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { SampleError } from './sample-error.ts';

const DEFAULT_PORT = 8080;

/**
 * The port of Nginx: the one asked for, or 8080, or any free one when 8080 is taken.
 *
 * @throws SampleError when the port asked for can't be had, saying why and what to do.
 */
export async function choosePort(wanted: number | undefined): Promise<number> {
  if (wanted === undefined) return (await tryPort(DEFAULT_PORT)) ?? (await tryPort(0)) ?? 0;
  const port = await tryPort(wanted);
  if (port !== undefined) return port;
  throw new SampleError(
    `Port ${wanted} on 127.0.0.1 can't be had: something else listens there, or it needs root (below 1024). ` +
      `See what it is with "ss -ltnp sport = :${wanted}", choose another one with FAIRLEAD_PORT, or leave that out for a free one.`,
  );
}

async function tryPort(port: number): Promise<number | undefined> {
  const server = createServer();
  server.listen({ port, host: '127.0.0.1', exclusive: true });
  try {
    await once(server, 'listening');
  } catch {
    return undefined;
  }
  const { port: bound } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return bound;
}
