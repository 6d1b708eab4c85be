export { localCarrier } from './carriers/local-carrier.ts';
