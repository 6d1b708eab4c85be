import type { OptionNames } from '@fairlead/signature';
import type { Server } from 'node:http';
import { Server as TcpServer } from 'node:net';
import { checkIntegers, checkMethod, checkOptions, MAX_INT32 } from '../errors/check-options.ts';
import type { ModelServer } from './model-server.ts';

/** Options of {@link shutDownGracefully}. */
export interface GracefulShutdownOptions {
  /**
   * Time for requests to finish, in milliseconds; connections whose request still runs then are closed.
   * @defaultValue 8000
   */
  readonly graceMs?: number;
  /**
   * Time between "not ready" and the closing of the listener, in milliseconds: in it, load balancers notice that they must use
   * other hosts.
   * @defaultValue 0
   */
  readonly notReadyMs?: number;
  /**
   * Time for which idle connections stay open, in milliseconds: a server that closes one may lose a request that is being
   * sent on it. With more than the idle timeout of the proxy in front, the proxy closes them, and no request is lost. Requests
   * that arrive are answered with `Connection: close`.
   * @defaultValue 1000
   */
  readonly idleMs?: number;
  /**
   * Closes another server of the same models concurrently, such as `(graceMs) => shutDownGrpc(server, graceMs)`; resolves to
   * whether every request was answered.
   */
  readonly closeOther?: (graceMs: number) => Promise<boolean>;
  /**
   * Called when the listener closes; resolves when connections of the HTTP server have ended that it didn't accept itself, but got by
   * its event `connection`.
   */
  readonly connections?: () => Promise<void>;
}

const optionNames: OptionNames<GracefulShutdownOptions> = {
  graceMs: 'optional',
  notReadyMs: 'optional',
  idleMs: 'optional',
  closeOther: 'optional',
  connections: 'optional',
};

const IDLE_CHECK_MS = 20;

/**
 * Shuts a service down without losing a request: it isn't ready and accepts no new connections, requests in flight and those
 * on keep-alive connections are answered, then every model is closed.
 *
 * @returns whether every request was answered within the grace period.
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the option and its value.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { inferenceHandler, ModelServer, shutDownGracefully } from '@fairlead/serving';
 *
 * const source = {
 *   resolve: async () => ({ version: 1 }),
 *   follow: async function* () {},
 *   openVersion: async () => Promise.reject(new Error('no artifacts')),
 * };
 * const models = new ModelServer({ source, runtimes: {} });
 * const server = createServer(inferenceHandler(models));
 * await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
 * console.log(await shutDownGracefully(server, models, { graceMs: 8000, idleMs: 0 })); // true
 * ```
 */
export async function shutDownGracefully(
  httpServer: Server,
  modelServer: ModelServer,
  options: GracefulShutdownOptions = {},
): Promise<boolean> {
  checkMethod('shutDownGracefully', 'a server of node:http', httpServer, 'close');
  checkMethod('shutDownGracefully', 'a ModelServer', modelServer, 'drain');
  const {
    graceMs = 8000,
    notReadyMs = 0,
    idleMs = 1000,
    closeOther,
    connections,
  } = checkOptions('shutDownGracefully', options, optionNames);
  checkIntegers({ graceMs, notReadyMs, idleMs }, 0, MAX_INT32);
  modelServer.drain();
  // Also for other requests than inference: no connection is used again.
  httpServer.prependListener('request', (_req, res) => {
    res.setHeader('connection', 'close');
  });
  if (notReadyMs > 0) await new Promise((resolve) => setTimeout(resolve, notReadyMs));
  const clean = await Promise.all([
    closeWithin(httpServer, { graceMs, idleMs, connections }),
    closeOther?.(graceMs) ?? true,
  ]);
  await modelServer.close();
  return clean.every(Boolean);
}

async function closeWithin(
  httpServer: Server,
  {
    graceMs,
    idleMs,
    connections,
  }: {
    readonly graceMs: number;
    readonly idleMs: number;
    readonly connections: (() => Promise<void>) | undefined;
  },
): Promise<boolean> {
  let clean = true;
  let sweep: NodeJS.Timeout | undefined;
  const idleTimer = setTimeout(
    () => {
      // Connections that are busy now become idle later.
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
  const closed = new Promise<void>((resolve) => {
    // The method of `http.Server` closes idle connections at once.
    TcpServer.prototype.close.call(httpServer, () => {
      resolve();
    });
  });
  await Promise.all([closed, connections?.()]);
  clearTimeout(idleTimer);
  clearInterval(sweep);
  clearTimeout(cutOff);
  return clean;
}
