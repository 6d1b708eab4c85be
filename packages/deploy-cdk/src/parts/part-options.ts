import type { BackupOptions } from '../backup/backup-options.ts';
import type { BatchOptions } from '../batch/batch-options.ts';
import type { CacheOptions } from '../cache/cache.ts';
import type { CiRoleOptions } from '../ci-role/ci-role-options.ts';
import type { EdgeOptions } from '../edge/edge-options.ts';
import type { QueueOptions } from '../queue/job-queues.ts';
import type { Storage } from '../storage/storage.ts';
import type { StorageOptions } from '../storage/storage-options.ts';
import type { WatchingOptions } from '../watching/watching-options.ts';

/** Parts around hosts or tasks, which cost nothing when they are left out. */
export interface PartOptions {
  /**
   * Buckets that the deployment names: a `Storage` of another stack, or options of new ones. Hosts need the archive of their release before they start, so
   * that a bucket of releases belongs into another stack. Example: `new Storage(storageStack, 'Storage', { deployment })`.
   * @defaultValue no buckets: they exist, and the programs get their permissions by `hosts.addStatements` or `statements`
   */
  readonly storage?: Storage | StorageOptions;
  /** Queues that the deployment names. Example: `{ retentionDays: 4 }`. @defaultValue no queues */
  readonly queue?: QueueOptions;
  /** Valkey for shared limits and cached responses. Example: `{ nodeType: 'cache.r7g.large' }`. @defaultValue no cache */
  readonly cache?: CacheOptions;
  /** Log groups, alarms and dashboard; the alarm of rollouts fails an update. Example: `{ emails: ['on-call@example.com'] }`. @defaultValue none */
  readonly watching?: WatchingOptions;
  /** WAF and CloudFront in front of the load balancer. Example: `{ firewall: { countOnly: true } }`. @defaultValue none */
  readonly edge?: EdgeOptions;
  /** Plan of AWS Backup for buckets, and for state on the disks of hosts. Example: `{ retentionDays: 90 }`. @defaultValue none */
  readonly backup?: BackupOptions;
  /** Queue and job definition of AWS Batch for trainings of `fairlead retrain`. Example: `{ image: '….dkr.ecr.eu-central-1.amazonaws.com/shop-training@sha256:…', vcpus: 8 }`. @defaultValue none: trainings run where the command runs */
  readonly batch?: BatchOptions;
  /** Role of the pipeline that deploys. Example: `{ github: { repository: 'acme/shop', environment: 'production' } }`. @defaultValue none */
  readonly ciRole?: CiRoleOptions;
}

/** Names of the options, for the check of their construct. */
export const partNames = {
  storage: 'optional',
  queue: 'optional',
  cache: 'optional',
  watching: 'optional',
  edge: 'optional',
  backup: 'optional',
  batch: 'optional',
  ciRole: 'optional',
} as const;
