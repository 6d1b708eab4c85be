export { captureBucket } from './capture-bucket.ts';
export type { CaptureBucketOptions } from './capture-bucket.ts';
