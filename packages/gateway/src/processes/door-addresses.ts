import type { Settings } from '../settings/settings.ts';
import type { DoorAddress } from './doors.ts';

/** Returns the addresses that the processes of a gateway share. */
export function doorAddresses({
  listen,
  grpcListen,
}: Pick<Settings, 'listen' | 'grpcListen'>): DoorAddress[] {
  return [
    { name: 'http', address: listen, variable: 'FAIRLEAD_LISTEN' },
    ...(grpcListen === undefined
      ? []
      : [{ name: 'grpc', address: grpcListen, variable: 'FAIRLEAD_GRPC_LISTEN' } as const]),
  ];
}
