import { Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Bucket, CfnBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

import { acknowledgeWildcards, argued } from '../nag/acknowledge.ts';
import { bucketArn } from './host-statements.ts';
import type { ReplicaOptions } from './storage-options.ts';
import { keyPattern } from './stored-objects.ts';

/** Objects below a prefix, and the bucket that gets copies. */
interface ReplicatedObjects {
  readonly kind: string;
  readonly prefix: string;
  readonly replica: ReplicaOptions;
}

/** Properties of {@link Replication}. */
export interface ReplicationProps {
  readonly bucket: Bucket;
  /** Name of the bucket; its reference would make a circle of dependencies. */
  readonly bucketName: string;
  readonly key: IKey;
  readonly objects: readonly ReplicatedObjects[];
}

/** Role that replicates a bucket, which can do nothing else. */
export interface BucketReplication {
  /** Role that S3 takes. Example: `storage.replications[0]?.role.roleArn` */
  readonly role: Role;
  /** Its permissions: those of S3 and of the keys. Example: `storage.replications[0]?.policy.node.defaultChild` */
  readonly policy: Policy;
}

/**
 * Replication of a bucket, with a role that can do nothing else. Deletions aren't replicated.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
 */
export class Replication extends Construct implements BucketReplication {
  readonly role: Role;
  readonly policy: Policy;

  constructor(scope: Construct, id: string, props: ReplicationProps) {
    super(scope, id);
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('s3.amazonaws.com') });
    const statements = roleStatements(props);
    this.policy = new Policy(this, 'Policy', { roles: [this.role], statements });
    acknowledgeWildcards(this.policy, statements);
    const resource = props.bucket.node.defaultChild as CfnBucket;
    resource.replicationConfiguration = {
      role: this.role.roleArn,
      rules: props.objects.map(({ kind, prefix, replica }, index) => ({
        id: kind,
        priority: index + 1,
        status: 'Enabled',
        filter: { prefix: prefix === '' ? '' : `${prefix}/` },
        deleteMarkerReplication: { status: 'Disabled' },
        sourceSelectionCriteria: { sseKmsEncryptedObjects: { status: 'Enabled' } },
        destination: {
          bucket: replica.bucketArn,
          encryptionConfiguration: { replicaKmsKeyId: replica.keyArn },
        },
      })),
    };
    // S3 checks the role when the rules are set.
    resource.node.addDependency(this.policy);
  }
}

function roleStatements({ bucketName, key, objects }: ReplicationProps): PolicyStatement[] {
  const source = bucketArn(bucketName);
  const unique = (texts: readonly string[]): string[] => [...new Set(texts)];
  return [
    new PolicyStatement({
      actions: ['s3:GetReplicationConfiguration', 's3:ListBucket'],
      resources: [source],
    }),
    argued(
      'Replication reads every object below the prefix.',
      new PolicyStatement({
        actions: [
          's3:GetObjectVersionAcl',
          's3:GetObjectVersionForReplication',
          's3:GetObjectVersionTagging',
        ],
        resources: objects.map((each) => `${source}/${keyPattern(each)}`),
      }),
    ),
    argued(
      'Replication writes every object below the prefix under the same key.',
      new PolicyStatement({
        actions: ['s3:ReplicateObject', 's3:ReplicateTags'],
        resources: unique(objects.map((each) => `${each.replica.bucketArn}/${keyPattern(each)}`)),
      }),
    ),
    new PolicyStatement({ actions: ['kms:Decrypt'], resources: [key.keyArn] }),
    new PolicyStatement({
      actions: ['kms:Encrypt'],
      resources: unique(objects.map(({ replica }) => replica.keyArn)),
    }),
  ];
}
