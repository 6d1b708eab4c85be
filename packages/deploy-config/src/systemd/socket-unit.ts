import { formatAddress, type Address } from '../values/address.ts';
import type { Unit } from './unit-directive.ts';

interface SocketUnitOptions {
  readonly description: string;
  readonly address: Address;
  readonly serviceUnit: string;
  /** Group that may connect to a Unix socket. */
  readonly group: string;
}

/** Returns the socket unit, which stays open while its service restarts. */
export function socketUnit({ description, address, serviceUnit, group }: SocketUnitOptions): Unit {
  const access =
    address.kind === 'unix'
      ? {
          ListenStream: address.path,
          SocketUser: 'root',
          SocketGroup: group,
          SocketMode: 0o660,
          DirectoryMode: 0o755,
          RemoveOnStop: true,
        }
      : { ListenStream: formatAddress(address), NoDelay: true };
  return {
    Unit: { Description: description },
    Socket: { ...access, Backlog: 2048, Service: serviceUnit },
    Install: { WantedBy: ['sockets.target'] },
  };
}
