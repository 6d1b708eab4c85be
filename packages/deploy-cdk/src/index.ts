export { DeployCdkError } from './deploy-cdk-error.ts';
export type { DeployCdkErrorCode } from './deploy-cdk-error.ts';
export { ModelService } from './model-service.ts';
export type { ModelServiceProps } from './model-service.ts';
export { Network } from './network/network.ts';
export type { NetworkProps } from './network/network.ts';
export type { InternetAccess, NetworkOptions } from './network/network-options.ts';
