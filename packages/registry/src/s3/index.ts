export { overwritePolicy } from './overwrite-policy.ts';
export type { BucketPolicy, OverwritePolicyOptions, PolicyStatement } from './overwrite-policy.ts';
export { parseS3Url } from './s3-location.ts';
export type { S3Location } from './s3-location.ts';
export type { S3Sender } from './s3-requests.ts';
export { s3Store } from './s3-store.ts';
export type { S3StoreOptions } from './s3-store.ts';
