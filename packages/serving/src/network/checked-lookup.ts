import { lookup as dnsLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { addressKind, type AddressKind } from './address-kind.ts';

/** A name resolves to an address that connections from here may not go to. */
class AddressRefusedError extends Error {
  override readonly name = 'AddressRefusedError';
  readonly code = 'EADDRREFUSED';
}

/** Resolves a name to all its addresses, as `dns.lookup` does with `all: true`. */
export type ResolveAll = (
  hostname: string,
  options: LookupOptions & { readonly all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * Makes the `lookup` of a connection that goes to addresses of the given kinds alone: the addresses that are checked are
 * those that are connected to, so a name that resolves otherwise a moment later changes nothing.
 */
export function checkedLookup(
  kinds: readonly AddressKind[],
  resolve: ResolveAll = dnsLookup,
): LookupFunction {
  return function lookup(hostname, options, callback) {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(error, []);
        return;
      }
      const [first] = addresses;
      const refused = addresses.find(({ address }) => !kinds.includes(addressKind(address)));
      if (refused !== undefined || first === undefined) {
        callback(refusal(hostname, refused?.address), []);
      } else if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

/**
 * Refuses a host that is an address of another kind: connections to addresses resolve no name.
 *
 * @throws AddressRefusedError
 */
export function requireAddress(hostname: string, kinds: readonly AddressKind[]): void {
  const address = hostname.replace(/^\[|\]$/g, '');
  if (!/^[\d.]+$|:/.test(address) || kinds.includes(addressKind(address))) return;
  throw refusal(hostname, address);
}

function refusal(hostname: string, address: string | undefined): AddressRefusedError {
  if (address === undefined) return new AddressRefusedError(`${hostname} has no address`);
  const kind = addressKind(address);
  const what = kind === 'metadata' ? 'link-local or metadata' : kind;
  return new AddressRefusedError(
    `${hostname} is at ${address}, a ${what} address that connections from here may not go to`,
  );
}
