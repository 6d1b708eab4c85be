import type { Server } from '@grpc/grpc-js';

/**
 * Shuts a gRPC server down without losing a call: no new connections or calls, what is in flight is answered.
 *
 * Call `drain()` of the model server before, so that probes look elsewhere, and `close()` after.
 *
 * @param graceMs - how long calls may take to finish, in milliseconds; what still runs then is cut off
 * @returns whether everything was answered within the grace period.
 */
export function shutDownGrpc(server: Server, graceMs = 8000): Promise<boolean> {
  return new Promise((resolve) => {
    const cutOff = setTimeout(() => {
      server.forceShutdown();
      // The graceful one isn't told any more.
      resolve(false);
    }, graceMs);
    server.tryShutdown(() => {
      clearTimeout(cutOff);
      resolve(true);
    });
  });
}
