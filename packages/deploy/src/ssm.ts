export { ssmCarrier } from './carriers/ssm-carrier.ts';
export type { SsmCarrierOptions } from './carriers/ssm-carrier.ts';
export { readReleaseParameter, writeReleaseParameter } from './releases/release-parameter.ts';
export type {
  ReadReleaseParameterOptions,
  ReleaseParameterOptions,
} from './releases/release-parameter.ts';
