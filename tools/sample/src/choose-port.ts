import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { SampleError } from './sample-error.ts';

/** A configurable port of Nginx: its variable, and its default. */
interface Choice {
  readonly variable: string;
  readonly preferred: number;
}

const HTTP_PORT: Choice = { variable: 'FAIRLEAD_PORT', preferred: 8080 };

/** Choice of the gRPC port: 8081 is preferred only if the port of HTTP is the default, so that several samples can run. */
export function grpcPort(requestedHttp: number | undefined): Choice {
  return { variable: 'FAIRLEAD_GRPC_PORT', preferred: requestedHttp === undefined ? 8081 : 0 };
}

/**
 * Chooses a port of Nginx: the requested one; without a request the preferred one, or any free one when that is taken.
 *
 * @throws SampleError when the requested port is not available; the message has the reason and the fix.
 */
export async function choosePort(
  requested: number | undefined,
  { variable, preferred } = HTTP_PORT,
): Promise<number> {
  if (requested === undefined) return (await tryPort(preferred)) ?? (await tryPort(0)) ?? 0;
  const port = await tryPort(requested);
  if (port !== undefined) return port;
  throw new SampleError(
    `Port ${requested} on 127.0.0.1 is not available: another process listens on it, or it needs root (below 1024). ` +
      `Find the process with "ss -ltnp sport = :${requested}", set another port in ${variable}, or unset it for a free one.`,
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
