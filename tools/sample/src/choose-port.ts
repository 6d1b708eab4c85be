import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { SampleError } from './sample-error.ts';

/** A port of Nginx that can be set: its variable, and what it is by default. */
interface Choice {
  readonly variable: string;
  readonly usual: number;
}

/** The port of HTTP. */
const HTTP_PORT: Choice = { variable: 'FAIRLEAD_PORT', usual: 8080 };

/** The port of gRPC, beside a port of HTTP that was asked for or not: who chooses one leaves 8081 to others. */
export function grpcPort(wantedHttp: number | undefined): Choice {
  return { variable: 'FAIRLEAD_GRPC_PORT', usual: wantedHttp === undefined ? 8081 : 0 };
}

/**
 * A port of Nginx: the one asked for, or the usual one, or any free one when that is taken.
 *
 * @throws SampleError when the port asked for can't be had, saying why and what to do.
 */
export async function choosePort(
  wanted: number | undefined,
  { variable, usual } = HTTP_PORT,
): Promise<number> {
  if (wanted === undefined) return (await tryPort(usual)) ?? (await tryPort(0)) ?? 0;
  const port = await tryPort(wanted);
  if (port !== undefined) return port;
  throw new SampleError(
    `Port ${wanted} on 127.0.0.1 can't be had: something else listens there, or it needs root (below 1024). ` +
      `See what it is with "ss -ltnp sport = :${wanted}", choose another one with ${variable}, or leave that out for a free one.`,
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
