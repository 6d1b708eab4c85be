import type { Deployment } from '@fairlead/deploy-config';
import { Stack, Tags } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

import type { BalancerOptions } from './balancing/balancer-options.ts';
import { Backup } from './backup/backup.ts';
import type { BackupOptions } from './backup/backup-options.ts';
import { Balancer } from './balancing/balancer.ts';
import { Cache, type CacheOptions } from './cache/cache.ts';
import { checkOptions, invalidOption } from './check-options.ts';
import { CiRole } from './ci-role/ci-role.ts';
import type { CiRoleOptions } from './ci-role/ci-role-options.ts';
import { Edge } from './edge/edge.ts';
import type { EdgeOptions } from './edge/edge-options.ts';
import { hostGroupName } from './hosts/host-group-name.ts';
import type { HostsOptions } from './hosts/hosts-options.ts';
import { Hosts } from './hosts/hosts.ts';
import type { ReleaseOptions } from './hosts/release-options.ts';
import { acknowledgeWildcards } from './nag/acknowledge.ts';
import type { NetworkOptions } from './network/network-options.ts';
import { Network } from './network/network.ts';
import { JobQueues, type QueueOptions } from './queue/job-queues.ts';
import type { StorageOptions } from './storage/storage-options.ts';
import { Storage } from './storage/storage.ts';
import type { UpdateOptions } from './updates/update-options.ts';
import type { WatchingOptions } from './watching/watching-options.ts';
import { Watching } from './watching/watching.ts';

/** Properties of {@link ModelService}. */
export interface ModelServiceProps {
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
  /**
   * Buckets that the deployment names: a `Storage` of another stack, which has the archive of the release before hosts need it, or options of new ones.
   * Example: `new Storage(storageStack, 'Storage', { deployment })`.
   * @defaultValue no buckets: they exist, and hosts get their permissions by `hosts.addStatements`
   */
  readonly storage?: Storage | StorageOptions;
  /** Queues that the deployment names. Example: `{ retentionDays: 4 }`. @defaultValue no queues */
  readonly queue?: QueueOptions;
  /** Valkey for shared limits and cached responses. Example: `{ nodeType: 'cache.r7g.large' }`. @defaultValue no cache */
  readonly cache?: CacheOptions;
  /** Log groups, alarms and dashboard; the alarm of rollouts fails an immutable update. Example: `{ emails: ['on-call@example.com'] }`. @defaultValue none */
  readonly watching?: WatchingOptions;
  /** WAF and CloudFront in front of the load balancer. Example: `{ firewall: { countOnly: true } }`. @defaultValue none */
  readonly edge?: EdgeOptions;
  /** Plan of AWS Backup for buckets and for state on the disks of hosts. Example: `{ retentionDays: 90 }`. @defaultValue none */
  readonly backup?: BackupOptions;
  /** Role of the pipeline that deploys. Example: `{ github: { repository: 'acme/shop', environment: 'prod' } }`. @defaultValue none */
  readonly ciRole?: CiRoleOptions;
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

  constructor(scope: Construct, id: string, props: ModelServiceProps) {
    super(scope, id);
    checkOptions('ModelService', props, {
      deployment: 'required',
      release: 'required',
      hosts: 'required',
      balancer: 'required',
      network: 'optional',
      updates: 'optional',
      storage: 'optional',
      queue: 'optional',
      cache: 'optional',
      watching: 'optional',
      edge: 'optional',
      backup: 'optional',
      ciRole: 'optional',
    });
    const { deployment, release, updates } = props;
    this.network = new Network(this, 'Network', { options: props.network ?? {} });
    const { network } = this;
    this.storage = this.#storage(props);
    if (props.queue !== undefined) {
      this.queue = new JobQueues(this, 'Queue', { deployment, options: props.queue });
    }
    if (props.cache !== undefined) {
      const hosts = network.hostSecurityGroup;
      this.cache = new Cache(this, 'Cache', { deployment, network, hosts, options: props.cache });
    }
    this.balancer = new Balancer(this, 'Balancer', {
      ...{ deployment, network, options: props.balancer },
      clients: props.edge === undefined ? undefined : Edge.peerOfBalancer(props.edge),
    });
    const { balancer } = this;
    this.watching = this.#watching(props);
    const statements = this.#statements();
    this.hosts = new Hosts(this, 'Hosts', {
      ...{ deployment, network, balancer, release, updates, statements },
      options: props.hosts,
      alarms: this.watching && [this.watching.rolloutAlarm],
    });
    // A host that boots before its buckets, queues and cache would fail its golden predictions.
    const needed = [this.storage, this.queue, this.cache].filter((part) => part !== undefined);
    this.hosts.group.node.addDependency(...needed);
    const reason = 'Permissions of hosts on objects below a prefix, as the part describes them.';
    acknowledgeWildcards(this.hosts.role, statements, reason);
    if (props.edge !== undefined) {
      this.edge = new Edge(this, 'Edge', { deployment, origin: balancer, options: props.edge });
    }
    this.backup = this.#backup(props);
    this.ciRole = this.#ciRole(props);
  }

  #watching({ deployment, balancer, watching }: ModelServiceProps): Watching | undefined {
    if (watching === undefined) return undefined;
    const { loadBalancer, targetGroup } = this.balancer;
    return new Watching(this, 'Watching', {
      ...{ deployment, autoScalingGroup: hostGroupName(this, 'Hosts'), options: watching },
      balancer: {
        loadBalancer: loadBalancer.loadBalancerFullName,
        targetGroup: targetGroup.targetGroupFullName,
        certificates: [balancer.certificateArn],
      },
      ...(this.queue !== undefined && { queues: this.queue }),
    });
  }

  /** Permissions of hosts for the parts. */
  #statements(): readonly PolicyStatement[] {
    const releases = this.storage?.releases.bucketArn;
    return [this.storage, this.queue, this.cache, this.watching]
      .flatMap((part) => part?.statements ?? [])
      .filter(
        // Hosts have a narrower one, for the archive of their release.
        ({ resources }) =>
          releases === undefined || !resources.some((arn) => arn.startsWith(releases)),
      );
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

  #ciRole({ deployment, ciRole, updates }: ModelServiceProps): CiRole | undefined {
    if (ciRole === undefined) return undefined;
    const parameter = updates?.kind === 'inPlace' ? updates.parameter : undefined;
    return new CiRole(this, 'CiRole', {
      ...{ deployment, options: ciRole, storage: this.storage },
      autoScalingGroup: hostGroupName(this, 'Hosts'),
      targetGroupArn: this.balancer.targetGroup.targetGroupArn,
      releaseParameterArn:
        parameter &&
        Stack.of(this).formatArn({ service: 'ssm', resource: `parameter${parameter}` }),
    });
  }

  #storage({ deployment, storage, hosts, release }: ModelServiceProps): Storage | undefined {
    if (storage === undefined || storage instanceof Storage) return storage;
    if (storage.releaseBucketName === release.bucket && (hosts.min ?? 2) > 0) {
      throw invalidOption(
        `Option release.bucket is ${JSON.stringify(release.bucket)}, which this stack creates: hosts would start before it has the archive. Create a Storage in another stack, upload the archive, and give it as storage; or begin with hosts.min: 0.`,
      );
    }
    return new Storage(this, 'Storage', { deployment, options: storage });
  }
}
