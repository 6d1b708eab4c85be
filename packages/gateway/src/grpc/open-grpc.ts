import type { GrpcListener } from '../listening/listener.ts';
import { importPeer } from '../settings/import-peer.ts';
import type { startGrpc } from './start-grpc.ts';

/**
 * Starts the gRPC server; without an address in the settings it resolves to undefined.
 *
 * @throws SettingsError when the packages of gRPC aren't installed.
 */
export async function openGrpc(
  ...[settings, ...rest]: Parameters<typeof startGrpc>
): Promise<GrpcListener | undefined> {
  if (settings.grpcListen === undefined) return undefined;
  const grpc = await importPeer(
    'FAIRLEAD_GRPC_LISTEN',
    '@grpc/grpc-js @grpc/proto-loader',
    () => import('./start-grpc.ts'),
  );
  return grpc.startGrpc(settings, ...rest);
}
