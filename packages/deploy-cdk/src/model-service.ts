import type { Deployment } from '@fairlead/deploy-config';
import { Stack, Tags } from 'aws-cdk-lib';
import { Construct } from 'constructs';

import type { BalancerOptions } from './balancing/balancer-options.ts';
import { Backup } from './backup/backup.ts';
import type { Balancer } from './balancing/balancer.ts';
import type { TrainingJobs } from './batch/training-jobs.ts';
import type { Cache } from './cache/cache.ts';
import { checkOptions } from './check-options.ts';
import { CiRole } from './ci-role/ci-role.ts';
import type { Edge } from './edge/edge.ts';
import { hostGroupName } from './hosts/host-group-name.ts';
import type { HostsOptions } from './hosts/hosts-options.ts';
import { Hosts } from './hosts/hosts.ts';
import type { ReleaseOptions } from './hosts/release-options.ts';
import type { NetworkOptions } from './network/network-options.ts';
import { Network } from './network/network.ts';
import {
  createBalancer,
  createBatch,
  createEdge,
  createStores,
  createWatching,
  programStatements,
} from './parts/create-parts.ts';
import { partNames, type PartOptions } from './parts/part-options.ts';
import type { JobQueues } from './queue/job-queues.ts';
import { checkNewBuckets } from './storage/check-new-buckets.ts';
import type { Storage } from './storage/storage.ts';
import type { UpdateOptions } from './updates/update-options.ts';
import type { Watching } from './watching/watching.ts';

/** Properties of {@link ModelService}. */
export interface ModelServiceProps extends PartOptions {
  /** Deployment of the hosts: ports, paths, timeouts and limits are read from it. Example: `defineDeployment({ … })`. */
  readonly deployment: Deployment;
  /** Release that new hosts download. Example: `{ bucket: 'acme-shop-releases', release: await readBootRelease('release.tar') }`. */
  readonly release: ReleaseOptions;
  /** Hosts. Example: `{ instanceType: 'm7g.large', max: 12 }`. */
  readonly hosts: HostsOptions;
  /** Load balancer. Example: `{ certificateArn: 'arn:aws:acm:eu-central-1:111122223333:certificate/1234' }`. */
  readonly balancer: BalancerOptions;
  /** Network of the load balancer and the hosts. Example: `{ maxAzs: 3 }`. @defaultValue a new VPC in two Availability Zones, without a way to the internet */
  readonly network?: NetworkOptions;
  /** Way of a release to the hosts. Example: `{ kind: 'inPlace', parameter: '/shop/prod/release' }`. @defaultValue `{ kind: 'immutable' }` */
  readonly updates?: UpdateOptions;
}

/**
 * Model server on EC2: an Auto Scaling group of hosts behind an Application Load Balancer, in a separate network or one that exists.
 *
 * @throws DeployCdkError `ERR_DEPLOY_CDK_INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { ModelService } from '@fairlead/deploy-cdk';
 * import { defineDeployment } from '@fairlead/deploy-config';
 * import { App, Stack } from 'aws-cdk-lib';
 *
 * const deployment = defineDeployment({
 *   target: { nginx: '1.22.1' },
 *   host: { cores: 2, memoryBytes: 8e9 },
 *   layout: 'host',
 *   nginx: {
 *     listen: { scheme: 'http', address: '0.0.0.0:8080' },
 *     publicScheme: 'https',
 *     trustedProxies: ['10.0.0.0/16'],
 *   },
 *   gateway: { command: ['/opt/fairlead/current/bin/node', 'main.js'], service: { user: 'fairlead' } },
 * });
 * const service = new ModelService(new Stack(new App(), 'Shop'), 'Service', {
 *   deployment,
 *   network: { internetAccess: 'nat' },
 *   hosts: { instanceType: 'm7g.large' },
 *   balancer: { certificateArn: 'arn:aws:acm:eu-central-1:111122223333:certificate/1234' },
 *   updates: { kind: 'inPlace', parameter: '/shop/release' },
 *   release: { bucket: 'acme-shop-releases' },
 * });
 * console.log(service.hosts.updateAlarms.length); // 0
 * ```
 */
export class ModelService extends Construct {
  readonly network: Network;
  readonly balancer: Balancer;
  readonly hosts: Hosts;
  /** `undefined` without the option, as the parts below. */
  readonly storage: Storage | undefined;
  readonly queue: JobQueues | undefined;
  readonly cache: Cache | undefined;
  readonly watching: Watching | undefined;
  readonly edge: Edge | undefined;
  readonly backup: Backup | undefined;
  readonly ciRole: CiRole | undefined;
  readonly batch: TrainingJobs | undefined;

  constructor(scope: Construct, id: string, props: ModelServiceProps) {
    super(scope, id);
    checkOptions('ModelService', props, {
      deployment: 'required',
      release: 'required',
      hosts: 'required',
      balancer: 'required',
      network: 'optional',
      updates: 'optional',
      ...partNames,
    });
    const { deployment, release, updates } = props;
    this.network = new Network(this, 'Network', { options: props.network ?? {} });
    const { network } = this;
    const context = { deployment, network, options: props };
    const stores = createStores(this, context, true);
    // Hosts that start later find what was stored until then.
    if ((props.hosts.min ?? 2) > 0) {
      checkNewBuckets(this, { deployment, storage: props.storage, releaseBucket: release.bucket });
    }
    this.storage = stores.storage;
    this.queue = stores.queue;
    this.cache = stores.cache;
    this.balancer = createBalancer(this, context, props.balancer);
    const { balancer } = this;
    this.watching = createWatching(this, context, {
      ...{ balancer, queue: this.queue, certificateArn: props.balancer.certificateArn },
      autoScalingGroup: hostGroupName(this, 'Hosts'),
    });
    const needed = [this.storage, this.queue, this.cache].filter((part) => part !== undefined);
    const statements = programStatements([...needed, this.watching], this.storage);
    this.hosts = new Hosts(this, 'Hosts', {
      ...{ deployment, network, balancer, release, updates, statements },
      options: props.hosts,
      alarms: this.watching && [this.watching.rolloutAlarm],
    });
    // A host that boots before its buckets, queues and cache would fail its golden predictions.
    this.hosts.group.node.addDependency(...needed);
    this.edge = createEdge(this, context, balancer);
    this.backup = this.#backup(props);
    this.ciRole = this.#ciRole(props);
    this.batch = createBatch(this, context, this);
  }

  #backup({ deployment, backup }: ModelServiceProps): Backup | undefined {
    if (backup === undefined) return undefined;
    const { storage } = this;
    const created = new Backup(this, 'Backup', { deployment, storage, options: backup });
    if (created.volumeTag !== undefined) {
      Tags.of(this.hosts.launchTemplate).add(created.volumeTag, deployment.name);
    }
    return created;
  }

  #ciRole({ deployment, ciRole, release, updates }: ModelServiceProps): CiRole | undefined {
    if (ciRole === undefined) return undefined;
    const parameter = updates?.kind === 'inPlace' ? updates.parameter : undefined;
    return new CiRole(this, 'CiRole', {
      ...{ deployment, options: ciRole, storage: this.storage, release },
      autoScalingGroup: hostGroupName(this, 'Hosts'),
      targetGroupArns: this.balancer.targetGroups.map((group) => group.targetGroupArn),
      releaseParameterArn:
        parameter &&
        Stack.of(this).formatArn({ service: 'ssm', resource: `parameter${parameter}` }),
    });
  }
}
