import type { Deployment } from '@fairlead/deploy-config';
import { Aws, Duration, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  ObjectOwnership,
  type CfnBucket,
  type LifecycleRule,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

import { acknowledgeRule, argued } from '../nag/acknowledge.ts';
import { hostStatements, keyStatement } from './host-statements.ts';
import {
  deletionStatement,
  overwriteStatements,
  type ProtectedObjects,
} from './overwrite-statements.ts';
import { Replication, type BucketReplication } from './replication.ts';
import {
  DEFAULT_COMMAND_PREFIX,
  checkStorageOptions,
  checkWithoutReleases,
  type StorageOptions,
} from './storage-options.ts';
import { storedObjects } from './stored-objects.ts';

/** Properties of {@link Storage}. */
export interface StorageProps {
  /** Deployment that names the buckets. Example: `defineDeployment({ … })`. */
  readonly deployment: Deployment;
  /** Options of `ModelService`. Example: `{ releaseBucketName: 'acme-shop-releases' }`. @defaultValue the defaults of each option */
  readonly options?: StorageOptions;
  /** A bucket of releases, which hosts download from and tasks don't. Example: `false`. @defaultValue `true` */
  readonly hasReleases?: boolean;
}

/** Folder of the archives in the bucket of releases. */
const RELEASES = 'releases';
const DEFAULT_RECOVERY_DAYS = { registry: 90, captures: 7, jobs: 7, backups: 90, releases: 90 };

/**
 * Buckets of a model server: those that the deployment names for the registry, captured requests, jobs and backups, and one for releases. All are
 * encrypted with one KMS key, versioned, private, and reached over TLS only; S3 refuses to overwrite what never changes.
 *
 * @throws DeployCdkError `ERR_DEPLOY_CDK_INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { Storage } from '@fairlead/deploy-cdk';
 * import { defineDeployment } from '@fairlead/deploy-config';
 * import { App, Stack } from 'aws-cdk-lib';
 *
 * const deployment = defineDeployment({
 *   target: { nginx: '1.22.1' },
 *   host: { cores: 2, memoryBytes: 4e9 },
 *   layout: 'host',
 *   nginx: { listen: { scheme: 'http', address: '0.0.0.0:8080' } },
 *   gateway: {
 *     command: ['/opt/fairlead/current/bin/node', 'main.js'],
 *     service: { user: 'fairlead' },
 *     environment: { FAIRLEAD_REGISTRY: 's3://acme-models/prod' },
 *   },
 * });
 * const storage = new Storage(new Stack(new App(), 'Shop'), 'Storage', { deployment });
 * console.log([...storage.buckets.keys()]); // [ 'acme-models' ]
 * ```
 */
export class Storage extends Construct {
  /** Key of all objects. */
  readonly key: Key;
  /** Buckets that the deployment names. */
  readonly buckets: ReadonlyMap<string, Bucket>;
  /** Bucket of releases, with the archives below `releases/`; `undefined` without one. */
  readonly releases: Bucket | undefined;
  /** Prefix of commands in that bucket. */
  readonly commandPrefix: string;
  /** Access logs of the buckets, by bucket. */
  readonly accessLogs: Bucket;
  /** Replication of buckets with `replicas`, by bucket: each has a role and its policy. */
  readonly replications: readonly BucketReplication[];
  /** Permissions of hosts. */
  readonly statements: PolicyStatement[];
  readonly #options: StorageOptions;
  readonly #replications: Replication[] = [];

  constructor(scope: Construct, id: string, props: StorageProps) {
    super(scope, id);
    const { deployment, options = {}, hasReleases = true } = props;
    checkStorageOptions(options);
    if (!hasReleases) checkWithoutReleases(options);
    this.#options = options;
    this.commandPrefix = options.commandPrefix ?? DEFAULT_COMMAND_PREFIX;
    this.key = new Key(this, 'Key', {
      description: `Objects of ${deployment.name}`,
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    this.accessLogs = this.#accessLogs();
    const stored = storedObjects(deployment);
    const byBucket = Map.groupBy(stored, ({ bucket }) => bucket);
    this.buckets = new Map(
      [...byBucket].map(([name, objects]) => [name, this.#bucket(name, name, objects)]),
    );
    this.releases = hasReleases ? this.#releaseBucket() : undefined;
    this.replications = this.#replications;
    this.statements = [
      ...stored.flatMap((objects) => hostStatements(objects)),
      // The first boot of a host reads the archive of its release.
      ...(this.releases === undefined
        ? []
        : [
            argued(
              'Each release may be the one that a new host downloads.',
              new PolicyStatement({
                actions: ['s3:GetObject'],
                resources: [`${this.releases.bucketArn}/${RELEASES}/*`],
              }),
            ),
          ]),
      keyStatement(this.key.keyArn),
    ];
  }

  #releaseBucket(): Bucket {
    const { releaseBucketName } = this.#options;
    const objects = [{ kind: 'releases', prefix: RELEASES }] as const;
    const bucket = this.#bucket('Releases', releaseBucketName, objects);
    bucket.addLifecycleRule({
      id: 'commands',
      prefix: `${this.commandPrefix}/`,
      // Each is removed after its command, and may have secrets: only those of an interrupted one stay, and versions of none.
      expiration: Duration.days(1),
      noncurrentVersionExpiration: Duration.days(1),
    });
    return bucket;
  }

  #bucket(
    id: string,
    bucketName: string | undefined,
    objects: readonly ProtectedObjects[],
  ): Bucket {
    const bucket = new Bucket(this, `Bucket-${id}`, {
      ...(bucketName !== undefined && { bucketName }),
      encryption: BucketEncryption.KMS,
      encryptionKey: this.key,
      bucketKeyEnabled: true,
      versioned: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      lifecycleRules: [
        { id: 'uploads', abortIncompleteMultipartUploadAfter: Duration.days(7) },
        ...objects.map((each) => this.#recovery(each)),
      ],
    });
    const { mayDelete, replicas = {} } = this.#options;
    for (const each of objects) {
      overwriteStatements(bucket.bucketArn, each).forEach((each) =>
        bucket.addToResourcePolicy(each),
      );
    }
    if (mayDelete !== undefined) {
      const registry = objects.find(({ kind }) => kind === 'registry');
      for (const each of deletionStatement(bucket.bucketArn, mayDelete, registry)) {
        bucket.addToResourcePolicy(each);
      }
    }
    const replicated = objects.flatMap(({ kind, prefix }) => {
      const replica = replicas[kind];
      return replica === undefined ? [] : [{ kind, prefix, replica }];
    });
    if (bucketName !== undefined && replicated.length > 0) {
      const props = { bucket, bucketName, key: this.key, objects: replicated };
      this.#replications.push(new Replication(this, `Replication-${id}`, props));
    }
    this.#logAccess(bucket, id);
    return bucket;
  }

  #recovery({ kind, prefix }: ProtectedObjects): LifecycleRule {
    const days = { ...DEFAULT_RECOVERY_DAYS, ...this.#options.recoveryDays }[kind];
    return {
      id: kind,
      ...(prefix !== '' && { prefix: `${prefix}/` }),
      noncurrentVersionExpiration: Duration.days(days),
      expiredObjectDeleteMarker: true,
    };
  }

  #accessLogs(): Bucket {
    const { accessLogDays = 90 } = this.#options;
    const bucket = new Bucket(this, 'AccessLogs', {
      // S3 writes access logs to buckets with this encryption only.
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      // It may have objects when a creation is rolled back, which would fail then; no name is taken.
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [{ id: 'logs', expiration: Duration.days(accessLogDays) }],
    });
    acknowledgeRule(bucket, 'S1', 'A bucket of access logs would log its own writes without end.');
    return bucket;
  }

  /** The policy names the bucket of logs alone: no access control lists. */
  #logAccess(bucket: Bucket, prefix: string): void {
    const resource = bucket.node.defaultChild as CfnBucket;
    resource.loggingConfiguration = {
      destinationBucketName: this.accessLogs.bucketName,
      logFilePrefix: `${prefix}/`,
    };
    this.accessLogs.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('logging.s3.amazonaws.com')],
        actions: ['s3:PutObject'],
        resources: [`${this.accessLogs.bucketArn}/${prefix}/*`],
        conditions: {
          ArnEquals: { 'aws:SourceArn': bucket.bucketArn },
          StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
        },
      }),
    );
  }
}
