import { lookup as dnsLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { addressKind, type AddressKind } from './address-kind.ts';

/** A name resolves to an address of a kind that isn't allowed. */
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
 * Creates the `lookup` option of a connection that may go only to addresses of `kinds`. The checked addresses are the
 * ones that are connected to, so DNS rebinding has no effect.
 *
 * @example
 * ```ts
 * import { checkedLookup } from '@fairlead/webhooks/addresses';
 *
 * const lookup = checkedLookup(['public']);
 * lookup('localhost', {}, (error) => {
 *   console.log(error?.code); // EADDRREFUSED
 * });
 * ```
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
      const rejected = addresses.find(({ address }) => !kinds.includes(addressKind(address)));
      if (rejected !== undefined || first === undefined) {
        callback(refusal(hostname, rejected?.address), []);
      } else if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

/**
 * Checks the host of a URL that is an address itself: such a connection calls no `lookup`. Names pass.
 *
 * @throws Error with code `EADDRREFUSED` for an address of another kind.
 *
 * @example
 * ```ts
 * import { checkAddress } from '@fairlead/webhooks/addresses';
 *
 * checkAddress('hooks.example', ['public']);
 * try {
 *   checkAddress('127.0.0.1', ['public']);
 * } catch (error) {
 *   console.log((error as Error).message); // 127.0.0.1 is at 127.0.0.1, a private address that is not allowed
 * }
 * ```
 */
export function checkAddress(hostname: string, kinds: readonly AddressKind[]): void {
  const address = hostname.replace(/^\[|\]$/g, '');
  if (!/^[\d.]+$|:/.test(address) || kinds.includes(addressKind(address))) return;
  throw refusal(hostname, address);
}

function refusal(hostname: string, address: string | undefined): AddressRefusedError {
  if (address === undefined) return new AddressRefusedError(`${hostname} has no address`);
  const kind = addressKind(address);
  const what = kind === 'metadata' ? 'link-local or metadata' : kind;
  return new AddressRefusedError(
    `${hostname} is at ${address}, a ${what} address that is not allowed`,
  );
}
