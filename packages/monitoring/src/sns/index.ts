export { snsDestination } from './sns-destination.ts';
export type { SnsClientShape, SnsDestinationOptions } from './sns-destination.ts';
