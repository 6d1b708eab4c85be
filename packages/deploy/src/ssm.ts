export { ssmCarrier } from './carriers/ssm-carrier.ts';
export type { SsmCarrierOptions } from './carriers/ssm-carrier.ts';
export { writeReleaseParameter } from './releases/release-parameter.ts';
export type { ReleaseParameterOptions } from './releases/release-parameter.ts';
