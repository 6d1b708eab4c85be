import { checkOptions, checkWholeNumber, invalidOption } from '../check-options.ts';
import type { StoredKind } from './stored-objects.ts';

/** Bucket of another region or account that gets a copy of each object. */
export interface ReplicaOptions {
  /** ARN of the bucket, which must exist with versioning. Example: `'arn:aws:s3:::acme-models-replica'`. */
  readonly bucketArn: string;
  /** ARN of the KMS key of the copies. Example: `'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'`. */
  readonly keyArn: string;
}

/** Buckets of a service, whose names the deployment has. */
export interface StorageOptions {
  /**
   * Name of the bucket of releases. Hosts read the archives below `releases/` at their first boot; it also serves as `ssm.bucket` of an environment.
   * Example: `'acme-shop-releases'`.
   * @defaultValue a name by CloudFormation; no such bucket in a `ContainerService`
   */
  readonly releaseBucketName?: string;
  /** Prefix of input and output of commands in that bucket, which the name of the environment follows: `ssm.prefix` of the environments. Example: `'commands'`. @defaultValue `'deploy'` */
  readonly commandPrefix?: string;
  /**
   * Days for which deleted and replaced objects can be restored, by what they are. Rows that are deleted from captured requests stay for as long.
   * Example: `{ captures: 1 }`.
   * @defaultValue 90 for `registry`, `backups` and `releases`; 7 for `captures` and `jobs`
   */
  readonly recoveryDays?: Partial<Record<StoredKind | 'releases', number>>;
  /** Copies of objects in another region or account, by what they are. Example: `{ registry: { bucketArn, keyArn } }`. @defaultValue none */
  readonly replicas?: Partial<Record<StoredKind | 'releases', ReplicaOptions>>;
  /**
   * ARNs of roles that may delete objects of the registry and versions of objects, beside hosts; patterns with `*` are allowed.
   * Example: `['arn:aws:iam::111122223333:role/registry-maintenance']`.
   * @defaultValue every role that has the permission
   */
  readonly mayDelete?: readonly string[];
  /** Days after which the access logs of the buckets are deleted. Example: `365`. @defaultValue `90` */
  readonly accessLogDays?: number;
}

/** Prefix of commands, unless an option has another; `ssm.prefix` of an environment has the same. */
export const DEFAULT_COMMAND_PREFIX = 'deploy';

const kinds = {
  registry: 'optional',
  captures: 'optional',
  jobs: 'optional',
  backups: 'optional',
  releases: 'optional',
} as const;

/** Rejects options of the bucket of releases for programs that have none. */
export function checkWithoutReleases(options: StorageOptions): void {
  const { releaseBucketName, commandPrefix, recoveryDays, replicas } = options;
  const ofReleases = Object.entries({
    releaseBucketName,
    commandPrefix,
    'recoveryDays.releases': recoveryDays?.releases,
    'replicas.releases': replicas?.releases,
  });
  const [name] = ofReleases.find(([, value]) => value !== undefined) ?? [];
  if (name === undefined) return;
  throw invalidOption(
    `Option storage.${name} is of the bucket of releases, which tasks don't have: their images are in Amazon ECR. Leave it out.`,
  );
}

/** Rejects wrong options. */
export function checkStorageOptions(options: StorageOptions): void {
  checkOptions('storage', options, {
    releaseBucketName: 'optional',
    commandPrefix: 'optional',
    recoveryDays: 'optional',
    replicas: 'optional',
    mayDelete: 'optional',
    accessLogDays: 'optional',
  });
  const { commandPrefix, recoveryDays = {}, replicas = {}, accessLogDays } = options;
  if (commandPrefix !== undefined && !/^[\w.-]+(?:\/[\w.-]+)*$/.test(commandPrefix)) {
    throw invalidOption(
      `Option storage.commandPrefix is ${JSON.stringify(commandPrefix)}: expected a prefix such as "deploy", without a slash at its ends.`,
    );
  }
  if (commandPrefix?.split('/')[0] === 'releases') {
    throw invalidOption(
      `Option storage.commandPrefix is ${JSON.stringify(commandPrefix)}: "releases" has the archives; choose another prefix.`,
    );
  }
  checkOptions('storage.recoveryDays', recoveryDays, kinds);
  for (const [kind, days] of Object.entries(recoveryDays)) {
    checkWholeNumber(`storage.recoveryDays.${kind}`, days, { min: 1, max: 3650 });
  }
  checkOptions('storage.replicas', replicas, kinds);
  for (const [kind, replica] of Object.entries(replicas)) {
    checkOptions(`storage.replicas.${kind}`, replica, {
      bucketArn: 'required',
      keyArn: 'required',
    });
  }
  if (replicas.releases !== undefined && options.releaseBucketName === undefined) {
    throw invalidOption(
      'Option storage.replicas.releases needs a bucket with a name: set storage.releaseBucketName.',
    );
  }
  if (accessLogDays !== undefined) {
    checkWholeNumber('storage.accessLogDays', accessLogDays, { min: 1, max: 3650 });
  }
}
