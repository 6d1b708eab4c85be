import type { Server } from 'node:http';
import { Server as TcpServer } from 'node:net';
import type { ModelServer } from './model-server.ts';

/** Options of {@link shutDownGracefully}. */
export interface GracefulShutdownOptions {
  /**
   * How long requests may take to finish, in milliseconds; what still runs then is cut off.
   * @defaultValue 8000
   */
  readonly graceMs?: number;
  /**
   * How long to go on answering as not ready before the door is closed, in milliseconds: the time that load balancers
   * take to look elsewhere.
   * @defaultValue 0
   */
  readonly notReadyMs?: number;
  /**
   * How long connections without a request are left open, in milliseconds: whoever closes one first may lose the
   * request that is sent on it at that moment. With more than the proxy in front keeps idle connections, it is the
   * proxy that closes them, and nothing is lost. A request that comes is answered with `Connection: close`.
   * @defaultValue 1000
   */
  readonly idleMs?: number;
  /**
   * Closes another door to the same models at the same time, such as `(graceMs) => shutDownGrpc(server, graceMs)`; tells
   * whether everything was answered.
   */
  readonly closeOther?: (graceMs: number) => Promise<boolean>;
}

const IDLE_CHECK_MS = 20;

/**
 * Shuts a service down without losing a request: not ready at once, no new connections, what is in flight or comes on a
 * connection that was kept is answered, then every model is given back.
 *
 * @returns whether everything was answered within the grace period.
 */
export async function shutDownGracefully(
  httpServer: Server,
  modelServer: ModelServer,
  { graceMs = 8000, notReadyMs = 0, idleMs = 1000, closeOther }: GracefulShutdownOptions = {},
): Promise<boolean> {
  modelServer.drain();
  // Also for what isn't inference: no connection is worth keeping any more.
  httpServer.prependListener('request', (_req, res) => {
    res.setHeader('connection', 'close');
  });
  if (notReadyMs > 0) await new Promise((resolve) => setTimeout(resolve, notReadyMs));
  const clean = await Promise.all([
    closeWithin(httpServer, graceMs, idleMs),
    closeOther?.(graceMs) ?? true,
  ]);
  await modelServer.close();
  return clean.every(Boolean);
}

function closeWithin(httpServer: Server, graceMs: number, idleMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    let clean = true;
    let sweep: NodeJS.Timeout | undefined;
    const patience = setTimeout(
      () => {
        // Connections that were busy then stay open afterwards, idle.
        sweep = setInterval(() => {
          httpServer.closeIdleConnections();
        }, IDLE_CHECK_MS);
      },
      Math.min(idleMs, graceMs),
    );
    const cutOff = setTimeout(() => {
      clean = false;
      httpServer.closeAllConnections();
    }, graceMs);
    // That of HTTP closes idle connections at once.
    TcpServer.prototype.close.call(httpServer, () => {
      clearTimeout(patience);
      clearInterval(sweep);
      clearTimeout(cutOff);
      resolve(clean);
    });
  });
}
