import type { Deployment } from './deployment.ts';
import type { Address } from './values/address.ts';

/**
 * Returns the address of gRPC whose socket systemd creates beside the one of HTTP, so that a restart ends no call; none for a TCP
 * address, on which the gateway listens itself.
 */
export function inheritedGrpcAddress({ grpc, layout }: Deployment): Address[] {
  const address = grpc?.gatewayListen;
  return layout.supervisor === 'systemd' && address?.kind === 'unix' ? [address] : [];
}
