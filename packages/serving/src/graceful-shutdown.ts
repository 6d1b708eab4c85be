import type { Server } from 'node:http';
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
   * Closes another door to the same models at the same time, such as `(graceMs) => shutDownGrpc(server, graceMs)`; tells
   * whether everything was answered.
   */
  readonly closeOther?: (graceMs: number) => Promise<boolean>;
}

const IDLE_CHECK_MS = 20;

/**
 * Shuts a service down without losing a request: not ready at once, no new connections, what is in flight is answered,
 * then every model is given back.
 *
 * @returns whether everything was answered within the grace period.
 */
export async function shutDownGracefully(
  httpServer: Server,
  modelServer: ModelServer,
  { graceMs = 8000, notReadyMs = 0, closeOther }: GracefulShutdownOptions = {},
): Promise<boolean> {
  modelServer.drain();
  if (notReadyMs > 0) await new Promise((resolve) => setTimeout(resolve, notReadyMs));
  const clean = await Promise.all([
    closeWithin(httpServer, graceMs),
    closeOther?.(graceMs) ?? true,
  ]);
  await modelServer.close();
  return clean.every(Boolean);
}

function closeWithin(httpServer: Server, graceMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    let clean = true;
    // Connections that were busy when close() was called stay open afterwards, idle: Node closes idle ones only once.
    const sweep = setInterval(() => {
      httpServer.closeIdleConnections();
    }, IDLE_CHECK_MS);
    const cutOff = setTimeout(() => {
      clean = false;
      httpServer.closeAllConnections();
    }, graceMs);
    httpServer.close(() => {
      clearInterval(sweep);
      clearTimeout(cutOff);
      resolve(clean);
    });
  });
}
