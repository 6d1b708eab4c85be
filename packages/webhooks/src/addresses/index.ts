export { addressKind } from './address-kind.ts';
export type { AddressKind } from './address-kind.ts';
export { checkAddress, checkedLookup } from './checked-lookup.ts';
export type { ResolveAll } from './checked-lookup.ts';
