export { ssmCarrier } from './carriers/ssm-carrier.ts';
export type { SsmCarrierOptions } from './carriers/ssm-carrier.ts';
