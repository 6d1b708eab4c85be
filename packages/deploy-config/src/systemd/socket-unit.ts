import { formatAddress, type Address } from '../values/address.ts';
import type { Unit } from './unit-directive.ts';

interface SocketUnitOptions {
  readonly description: string;
  /** In the order of the service's descriptors, from 3 on. */
  readonly addresses: readonly [Address, ...Address[]];
  readonly serviceUnit: string;
  /** Group that may connect to a Unix socket. */
  readonly group: string;
}

/** Returns the socket unit, which stays open while its service restarts. */
export function socketUnit({
  description,
  addresses,
  serviceUnit,
  group,
}: SocketUnitOptions): Unit {
  const isUnix = ({ kind }: Address) => kind === 'unix';
  const access = {
    ListenStream: addresses.map((address) =>
      address.kind === 'unix' ? address.path : formatAddress(address),
    ),
    // These apply to Unix sockets only.
    ...(addresses.some(isUnix) && {
      SocketUser: 'root',
      SocketGroup: group,
      SocketMode: 0o660,
      DirectoryMode: 0o755,
      RemoveOnStop: true,
    }),
    ...(!addresses.some(isUnix) && { NoDelay: true }),
  };
  return {
    Unit: { Description: description },
    Socket: { ...access, Backlog: 2048, Service: serviceUnit },
    Install: { WantedBy: ['sockets.target'] },
  };
}
