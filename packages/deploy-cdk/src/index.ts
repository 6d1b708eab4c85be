export { Balancer } from './balancing/balancer.ts';
export type { BalancerProps } from './balancing/balancer.ts';
export type { BalancerOptions } from './balancing/balancer-options.ts';
export { ContainerService } from './containers/container-service.ts';
export type { ContainerServiceProps } from './containers/container-service.ts';
export type { ContainerImages, ContainersOptions } from './containers/containers-options.ts';
export { DeployCdkError } from './deploy-cdk-error.ts';
export type { DeployCdkErrorCode } from './deploy-cdk-error.ts';
export type { HostImage } from './hosts/host-image.ts';
export { Hosts } from './hosts/hosts.ts';
export type { HostsProps } from './hosts/hosts.ts';
export type { HostsOptions } from './hosts/hosts-options.ts';
export type { ReleaseOptions } from './hosts/release-options.ts';
export { ModelService } from './model-service.ts';
export type { ModelServiceProps } from './model-service.ts';
export { Network } from './network/network.ts';
export type { NetworkProps } from './network/network.ts';
export type { InternetAccess, NetworkOptions } from './network/network-options.ts';
export type { PartOptions } from './parts/part-options.ts';
export { Storage } from './storage/storage.ts';
export type { StorageProps } from './storage/storage.ts';
export type { BucketReplication } from './storage/replication.ts';
export type { StoredKind } from './storage/stored-objects.ts';
export type { ReplicaOptions, StorageOptions } from './storage/storage-options.ts';
export { JobQueues } from './queue/job-queues.ts';
export type { JobQueuesProps, QueueOptions } from './queue/job-queues.ts';
export { Cache } from './cache/cache.ts';
export type { CacheOptions, CacheProps } from './cache/cache.ts';
export type { HostScaling } from './scaling/add-scaling.ts';
export type { ServiceScaling } from './scaling/add-task-scaling.ts';
export type { ScalingOptions, ScheduledCapacity } from './scaling/scaling-options.ts';
export type { ImmutableUpdates, InPlaceUpdates, UpdateOptions } from './updates/update-options.ts';
export { Watching } from './watching/watching.ts';
export type { WatchingProps } from './watching/watching.ts';
export type { WatchingOptions } from './watching/watching-options.ts';
export type { WatchedBalancer } from './watching/balancer-alarms.ts';
export type { WatchedTasks } from './watching/task-alarms.ts';
export { TrainingJobs } from './batch/training-jobs.ts';
export type { TrainingJobsProps, TrainingPolicyNames } from './batch/training-jobs.ts';
export type { BatchOptions } from './batch/batch-options.ts';
export { CiRole } from './ci-role/ci-role.ts';
export type { CiRoleProps } from './ci-role/ci-role.ts';
export type {
  CiPermission,
  CiRoleOptions,
  GithubOptions,
  GitlabOptions,
} from './ci-role/ci-role-options.ts';
export { Backup } from './backup/backup.ts';
export type { BackupProps } from './backup/backup.ts';
export type { BackupOptions } from './backup/backup-options.ts';
export { Edge } from './edge/edge.ts';
export type { EdgeOrigin, EdgeProps } from './edge/edge.ts';
export { Firewall } from './edge/firewall.ts';
export type { FirewallProps } from './edge/firewall.ts';
export type { DistributionOptions, EdgeOptions, FirewallOptions } from './edge/edge-options.ts';
