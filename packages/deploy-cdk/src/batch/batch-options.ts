import { describeValue } from '@fairlead/signature';

import { checkOneOf, checkOptions, checkWholeNumber, invalidOption } from '../check-options.ts';
import { repositoryOf } from '../fargate/image-repository.ts';
import { FARGATE_SIZES } from '../fargate/fargate-sizes.ts';
import { retentionOf } from '../retention-days.ts';

/** Jobs of AWS Batch that train models. */
export interface BatchOptions {
  /** Image of the training in Amazon ECR, with its digest. Example: `'111122223333.dkr.ecr.eu-central-1.amazonaws.com/shop-training@sha256:…'`. */
  readonly image: string;
  /** Command of a job whose policy has none. Example: `['./train-in-batch']`. @defaultValue that of the image */
  readonly command?: readonly string[];
  /** Processor of the image. Example: `'arm64'`. @defaultValue `'x64'` */
  readonly processor?: 'x64' | 'arm64';
  /** Processors of a job: 1, 2, 4, 8 or 16. Example: `8`. @defaultValue `2` */
  readonly vcpus?: number;
  /** Memory of a job in GiB, as Fargate offers it for `vcpus`. Example: `32`. @defaultValue four for each processor */
  readonly memoryGiB?: number;
  /** Disk of a job in GB, 20 to 200. Example: `100`. @defaultValue `20`, which costs nothing */
  readonly diskGB?: number;
  /** Processors of all jobs that run at once, from `vcpus` to 1000; further jobs wait. Example: `16`. @defaultValue as many as `vcpus`: one job */
  readonly maxVcpus?: number;
  /** Jobs run on spare capacity, which costs about 70 % less and may be taken away; the attempt then starts its training again. Example: `true`. @defaultValue `false` */
  readonly spot?: boolean;
  /** Minutes after which a job is ended, 1 to 20160, unless the policy of the model says otherwise. Example: `240`. @defaultValue `60` */
  readonly timeLimitMinutes?: number;
  /** Times that a job which was submitted by hand is started, 1 to 10: again only if its capacity was taken away. Example: `1`. @defaultValue `3` */
  readonly attempts?: number;
  /** Location of rows and models, outside of what the deployment stores. Example: `'s3://acme-models/training'`. @defaultValue the prefix `training` of the bucket with the registry */
  readonly location?: string;
  /** Key that encrypts the bucket of `location`, if `storage` doesn't create it. Example: `'arn:aws:kms:eu-central-1:111122223333:key/1234'`. @defaultValue that of `storage`, or none */
  readonly keyArn?: string;
  /** Days after which rows and models below `location` are deleted, 1 to 3650, in a bucket of `storage`. Example: `7`. @defaultValue `30` */
  readonly expireDays?: number;
  /** Days after which logs of jobs are deleted. Example: `365`. @defaultValue `cloudWatch.retentionDays` of the deployment, or `30` */
  readonly logDays?: number;
  /** Number of the account that runs the training. Example: `20000`. @defaultValue `10001` */
  readonly user?: number;
}

/** Options with their defaults. */
export interface ResolvedBatch {
  readonly image: string;
  readonly command: readonly string[] | undefined;
  readonly processor: 'x64' | 'arm64';
  readonly vcpus: number;
  readonly memoryGiB: number;
  readonly diskGB: number;
  readonly maxVcpus: number;
  readonly spot: boolean;
  readonly timeLimitMinutes: number;
  readonly attempts: number;
  readonly expireDays: number;
  readonly user: number;
}

/** Disk that Fargate gives every job, in GB. */
const FREE_DISK_GB = 20;

/**
 * Checks the options and fills in their defaults.
 *
 * @throws DeployCdkError `ERR_DEPLOY_CDK_INVALID_OPTION`
 */
export function resolveBatch(options: BatchOptions): ResolvedBatch {
  checkOptions('batch', options, {
    ...{ image: 'required', command: 'optional', processor: 'optional', vcpus: 'optional' },
    ...{ memoryGiB: 'optional', diskGB: 'optional', maxVcpus: 'optional', spot: 'optional' },
    ...{ timeLimitMinutes: 'optional', attempts: 'optional', location: 'optional' },
    ...{ keyArn: 'optional', expireDays: 'optional', logDays: 'optional', user: 'optional' },
  });
  const { image, command, processor = 'x64', vcpus = 2, spot = false, logDays } = options;
  const { memoryGiB = 4 * vcpus, maxVcpus = vcpus, diskGB = FREE_DISK_GB } = options;
  const { timeLimitMinutes = 60, attempts = 3, expireDays = 30, user = 10_001 } = options;
  checkImage(image);
  checkOneOf('batch.processor', processor, ['x64', 'arm64']);
  checkSize(vcpus, memoryGiB);
  checkWholeNumber('batch.diskGB', diskGB, { min: FREE_DISK_GB, max: 200 });
  checkWholeNumber('batch.maxVcpus', maxVcpus, { min: vcpus, max: 1000 });
  if (typeof spot !== 'boolean') {
    throw invalidOption(`Option batch.spot is ${describeValue(spot)}: expected true or false.`);
  }
  // A job on Fargate ends after 14 days.
  checkWholeNumber('batch.timeLimitMinutes', timeLimitMinutes, { min: 1, max: 20_160 });
  checkWholeNumber('batch.attempts', attempts, { min: 1, max: 10 });
  checkWholeNumber('batch.expireDays', expireDays, { min: 1, max: 3650 });
  checkWholeNumber('batch.user', user, { min: 1, max: 2 ** 31 - 1 });
  if (logDays !== undefined) retentionOf('Option batch.logDays', logDays);
  return {
    ...{ image, command, processor, vcpus, memoryGiB, diskGB, maxVcpus, spot },
    ...{ timeLimitMinutes, attempts, expireDays, user },
  };
}

function checkImage(image: string): void {
  if (typeof image === 'string' && repositoryOf(image).name !== '') return;
  throw invalidOption(
    `Option batch.image is ${describeValue(image)}: expected an image of Amazon ECR with its digest, such as "111122223333.dkr.ecr.eu-central-1.amazonaws.com/shop-training@sha256:…".`,
  );
}

function checkSize(vcpus: number, memoryGiB: number): void {
  const [from, to, step] = FARGATE_SIZES[vcpus] ?? [];
  if (from === undefined || to === undefined || step === undefined) {
    throw invalidOption(
      `Option batch.vcpus is ${describeValue(vcpus)}: expected one of ${Object.keys(FARGATE_SIZES).join(', ')}.`,
    );
  }
  if (memoryGiB >= from && memoryGiB <= to && (memoryGiB - from) % step === 0) return;
  throw invalidOption(
    `Option batch.memoryGiB is ${describeValue(memoryGiB)}: with ${vcpus} processors Fargate offers ${from} to ${to} GiB in steps of ${step}.`,
  );
}
