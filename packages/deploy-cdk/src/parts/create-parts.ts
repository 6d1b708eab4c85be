import type { Deployment } from '@fairlead/deploy-config';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

import type { BalancerOptions } from '../balancing/balancer-options.ts';
import { Balancer } from '../balancing/balancer.ts';
import { TrainingJobs } from '../batch/training-jobs.ts';
import { Cache } from '../cache/cache.ts';
import type { CiRole } from '../ci-role/ci-role.ts';
import { Edge } from '../edge/edge.ts';
import type { Network } from '../network/network.ts';
import { JobQueues } from '../queue/job-queues.ts';
import { Storage } from '../storage/storage.ts';
import { Watching, type WatchingProps } from '../watching/watching.ts';
import type { PartOptions } from './part-options.ts';

/** Parts that the programs read and write: they exist before the programs start. */
export interface Stores {
  readonly storage: Storage | undefined;
  readonly queue: JobQueues | undefined;
  readonly cache: Cache | undefined;
}

/** Service that parts are created for. */
export interface PartContext {
  readonly deployment: Deployment;
  readonly network: Network;
  /** Options of the service. */
  readonly options: PartOptions;
}

/**
 * Creates the buckets, queues and cache of the options.
 *
 * @param scope Service.
 * @param context Deployment, network and options of the service.
 * @param hasReleases Programs are downloaded from a bucket of releases.
 */
export function createStores(scope: Construct, context: PartContext, hasReleases: boolean): Stores {
  const { deployment, network, options } = context;
  const { storage, queue, cache } = options;
  return {
    storage:
      storage === undefined || storage instanceof Storage
        ? storage
        : new Storage(scope, 'Storage', { deployment, options: storage, hasReleases }),
    queue: queue && new JobQueues(scope, 'Queue', { deployment, options: queue }),
    cache:
      cache &&
      new Cache(scope, 'Cache', {
        ...{ deployment, network, options: cache },
        hosts: network.hostSecurityGroup,
      }),
  };
}

/** Creates the load balancer, which CloudFront alone reaches if the options have its prefix list. */
export function createBalancer(
  scope: Construct,
  { deployment, network, options: { edge } }: PartContext,
  options: BalancerOptions,
): Balancer {
  return new Balancer(scope, 'Balancer', {
    ...{ deployment, network, options },
    clients: edge && Edge.peerOfBalancer(edge),
  });
}

/** Creates WAF and CloudFront of the options. */
export function createEdge(
  scope: Construct,
  { deployment, options: { edge } }: PartContext,
  origin: Balancer,
): Edge | undefined {
  return edge && new Edge(scope, 'Edge', { deployment, origin, options: edge });
}

/** Creates queue and job definition for trainings of the options, which the pipeline may submit if it pushes models. */
export function createBatch(
  scope: Construct,
  { deployment, network, options }: PartContext,
  {
    storage,
    ciRole,
  }: { readonly storage: Storage | undefined; readonly ciRole: CiRole | undefined },
): TrainingJobs | undefined {
  if (options.batch === undefined) return undefined;
  const batch = new TrainingJobs(scope, 'Batch', {
    ...{ deployment, network, storage, options: options.batch },
  });
  if (options.ciRole?.permissions?.includes('models') === true && ciRole !== undefined) {
    batch.allowSubmit(ciRole.role);
  }
  return batch;
}

/** Creates log groups, alarms and dashboard of the options. */
export function createWatching(
  scope: Construct,
  { deployment, options: { watching } }: PartContext,
  props: Pick<WatchingProps, 'autoScalingGroup' | 'tasks'> & {
    readonly balancer: Balancer;
    readonly certificateArn: string;
    readonly queue: JobQueues | undefined;
  },
): Watching | undefined {
  if (watching === undefined) return undefined;
  const { balancer, certificateArn, queue, ...programs } = props;
  return new Watching(scope, 'Watching', {
    ...{ deployment, ...programs, options: watching },
    balancer: {
      loadBalancer: balancer.loadBalancer.loadBalancerFullName,
      targetGroup: balancer.targetGroup.targetGroupFullName,
      grpcTargetGroup: balancer.grpcTargetGroup?.targetGroupFullName,
      certificates: [certificateArn],
    },
    ...(queue !== undefined && { queues: queue }),
  });
}

/** Returns the permissions of the programs for these parts, without those on releases, which have narrower ones. */
export function programStatements(
  parts: readonly ({ readonly statements: readonly PolicyStatement[] } | undefined)[],
  storage: Storage | undefined,
): readonly PolicyStatement[] {
  const releases = storage?.releases?.bucketArn;
  return parts
    .flatMap((part) => part?.statements ?? [])
    .filter(
      ({ resources }) =>
        releases === undefined || !resources.some((arn) => arn.startsWith(releases)),
    );
}
