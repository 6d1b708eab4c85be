import { hostState, type Deployment } from '@fairlead/deploy-config';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import {
  BackupPlan,
  BackupPlanRule,
  BackupResource,
  BackupSelection,
  BackupVault,
} from 'aws-cdk-lib/aws-backup';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { Policy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

import { invalidOption } from '../check-options.ts';
import { acknowledgeWildcards } from '../nag/acknowledge.ts';
import type { Storage } from '../storage/storage.ts';
import { resolveBackup, type BackupOptions } from './backup-options.ts';
import { backupStatements } from './backup-statements.ts';

/** Properties of {@link Backup}. */
export interface BackupProps {
  /** Deployment that says what state its hosts have. Example: `defineDeployment({ … })`. */
  readonly deployment: Deployment;
  /** Buckets of the service. Example: `new Storage(this, 'Storage', { deployment })`. @defaultValue none */
  readonly storage?: Storage | undefined;
  /** Options of `ModelService`. Example: `{ retentionDays: 90 }`. @defaultValue the defaults of each option */
  readonly options?: BackupOptions;
}

/** State that is lost with its host. */
const ON_VOLUMES = new Set(['registry', 'jobs', 'captured requests']);
/** Days in which a lock can be removed; the minimum of AWS Backup. */
const LOCK_GRACE_DAYS = 3;

/**
 * Daily plan of AWS Backup: for the buckets of `Storage`, and for the volumes of hosts where the deployment stores registry, jobs or captured requests in a folder.
 *
 * @throws DeployCdkError `ERR_DEPLOY_CDK_INVALID_OPTION` when there is nothing to back up.
 *
 * @example
 * ```ts
 * import { Backup, Storage } from '@fairlead/deploy-cdk';
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
 * const stack = new Stack(new App(), 'Shop');
 * const storage = new Storage(stack, 'Storage', { deployment });
 * const backup = new Backup(stack, 'Backup', { deployment, storage });
 * console.log(backup.volumeTag); // undefined
 * ```
 */
export class Backup extends Construct {
  readonly vault: BackupVault;
  readonly plan: BackupPlan;
  /** Role of AWS Backup. */
  readonly role: Role;
  readonly policy: Policy;
  /** Key of the vault. */
  readonly key: Key;
  /** Selections of buckets and of volumes, those that there are. */
  readonly selections: readonly BackupSelection[];
  /** Tag that the volumes of hosts need, with the name of the deployment as value; `undefined` without state on them. */
  readonly volumeTag: string | undefined;

  constructor(scope: Construct, id: string, props: BackupProps) {
    super(scope, id);
    const { deployment, storage, options = {} } = props;
    const { hour, minute, retentionDays, lock } = resolveBackup(options);
    this.volumeTag = hasStateOnVolumes(deployment) ? 'fairlead:backup' : undefined;
    const buckets = storage ? [...storage.buckets.values(), ...releasesOf(storage)] : [];
    if (buckets.length === 0 && this.volumeTag === undefined) {
      throw invalidOption(
        'Option backup has nothing to back up: set storage for the buckets of the deployment, or leave backup out.',
      );
    }
    this.key = new Key(this, 'Key', {
      description: `Backups of ${deployment.name}`,
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    this.vault = new BackupVault(this, 'Vault', {
      encryptionKey: this.key,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      ...(lock && {
        lockConfiguration: {
          minRetention: Duration.days(1),
          changeableFor: Duration.days(LOCK_GRACE_DAYS),
        },
      }),
    });
    this.plan = new BackupPlan(this, 'Plan', {
      backupVault: this.vault,
      backupPlanRules: [
        new BackupPlanRule({
          ruleName: 'daily',
          scheduleExpression: Schedule.cron({ hour: String(hour), minute: String(minute) }),
          startWindow: Duration.hours(1),
          completionWindow: Duration.hours(12),
          deleteAfter: Duration.days(retentionDays),
        }),
      ],
    });
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('backup.amazonaws.com') });
    const statements = backupStatements({
      bucketArns: buckets.map(({ bucketArn }) => bucketArn),
      keyArns: storage ? [storage.key.keyArn] : [],
      volumeTag: this.volumeTag,
    });
    this.policy = new Policy(this, 'Policy', { roles: [this.role], statements });
    acknowledgeWildcards(this.policy, statements);
    const select = (name: string, resources: BackupResource[]) => {
      if (resources.length === 0) return [];
      const selection = new BackupSelection(this, name, {
        backupPlan: this.plan,
        role: this.role,
        disableDefaultBackupPolicy: true,
        resources,
      });
      selection.node.addDependency(this.policy);
      return [selection];
    };
    // A selection with both would need both of each resource.
    this.selections = [
      ...select(
        'Buckets',
        buckets.map(({ bucketArn }) => BackupResource.fromArn(bucketArn)),
      ),
      ...(this.volumeTag === undefined
        ? []
        : select('Volumes', [BackupResource.fromTag(this.volumeTag, deployment.name)])),
    ];
  }
}

function releasesOf({ releases }: Storage): Bucket[] {
  return releases === undefined ? [] : [releases];
}

function hasStateOnVolumes(deployment: Deployment): boolean {
  return hostState(deployment).some(
    ({ kind, path }) => ON_VOLUMES.has(kind) && path.startsWith('/'),
  );
}
