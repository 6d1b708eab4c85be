export { refreshInstances } from './refresh-instances.ts';
export type { AwsClient, PriceList, RefreshInstancesOptions } from './refresh-instances.ts';
