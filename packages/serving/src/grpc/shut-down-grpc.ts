import type { Server } from '@grpc/grpc-js';
import { checkInteger, checkMethod, MAX_INT32 } from '../errors/check-options.ts';

/**
 * Shuts a gRPC server down without losing a call: new connections and calls are rejected, calls in flight are answered.
 *
 * Call `drain()` of the model server before, so that load balancers use other hosts, and `close()` after.
 *
 * @param graceMs - time for calls to finish, in milliseconds; calls that still run then are canceled
 * @returns whether every call was answered within the grace period.
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` for another server or time.
 *
 * @example
 * ```ts
 * import { Server } from '@grpc/grpc-js';
 * import { grpcServerOptions, shutDownGrpc } from '@fairlead/serving/grpc';
 *
 * const server = new Server(grpcServerOptions());
 * console.log(await shutDownGrpc(server, 8000)); // true
 * ```
 */
export async function shutDownGrpc(server: Server, graceMs = 8000): Promise<boolean> {
  checkMethod('shutDownGrpc', 'a server of @grpc/grpc-js', server, 'tryShutdown');
  checkInteger('graceMs', graceMs, 0, MAX_INT32);
  return new Promise((resolve) => {
    const cutOff = setTimeout(() => {
      server.forceShutdown();
      // The callback of tryShutdown isn't called any more.
      resolve(false);
    }, graceMs);
    server.tryShutdown(() => {
      clearTimeout(cutOff);
      resolve(true);
    });
  });
}
