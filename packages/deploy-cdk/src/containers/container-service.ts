import { containerDeployment, type Deployment } from '@fairlead/deploy-config';
import { Lazy } from 'aws-cdk-lib';
import {
  Cluster,
  ContainerInsights,
  type CfnService,
  type CfnTaskDefinition,
} from 'aws-cdk-lib/aws-ecs';
import type { CfnTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

import { Backup } from '../backup/backup.ts';
import type { BackupOptions } from '../backup/backup-options.ts';
import type { BalancerOptions } from '../balancing/balancer-options.ts';
import type { Balancer } from '../balancing/balancer.ts';
import type { TrainingJobs } from '../batch/training-jobs.ts';
import type { Cache } from '../cache/cache.ts';
import { checkOptions } from '../check-options.ts';
import { CiRole } from '../ci-role/ci-role.ts';
import type { CiRoleOptions } from '../ci-role/ci-role-options.ts';
import type { Edge } from '../edge/edge.ts';
import { repositoryArns } from '../fargate/image-statements.ts';
import { createTaskRole } from '../fargate/task-role.ts';
import type { NetworkOptions } from '../network/network-options.ts';
import { Network } from '../network/network.ts';
import {
  createBalancer,
  createBatch,
  createEdge,
  createStores,
  createWatching,
  programStatements,
} from '../parts/create-parts.ts';
import { partNames, type PartOptions } from '../parts/part-options.ts';
import type { JobQueues } from '../queue/job-queues.ts';
import { addTaskScaling, type ServiceScaling } from '../scaling/add-task-scaling.ts';
import { warmUpSeconds } from '../scaling/warm-up-seconds.ts';
import { checkNewBuckets } from '../storage/check-new-buckets.ts';
import type { Storage } from '../storage/storage.ts';
import { errorAlarm } from '../updates/update-policy.ts';
import type { Watching } from '../watching/watching.ts';
import { checkPipeline, checkTasks } from './check-tasks.ts';
import { containerNames } from './container-definitions.ts';
import { checkContainersOptions, type ContainersOptions } from './containers-options.ts';
import { createTaskDefinition } from './task-definition.ts';
import { taskLogs } from './task-logs.ts';
import { executionStatements } from './task-roles.ts';
import { createTaskService, targetPort } from './task-service.ts';

/** Properties of {@link ContainerService}: its parts are those of `ModelService`, for tasks in place of hosts. */
export interface ContainerServiceProps extends PartOptions {
  /** Deployment as for hosts: `host` is the size of a task. Example: `defineDeployment({ … })`. */
  readonly deployment: Deployment;
  /** Tasks. Example: `{ images: { gateway: '…@sha256:…', nginx: '…@sha256:…' }, max: 12 }`. */
  readonly containers: ContainersOptions;
  /** Load balancer. Example: `{ certificateArn: 'arn:aws:acm:eu-central-1:111122223333:certificate/1234' }`. */
  readonly balancer: BalancerOptions;
  /** Network of the load balancer and the tasks. Example: `{ maxAzs: 3 }`. @defaultValue a new VPC in two Availability Zones, without a way to the internet */
  readonly network?: NetworkOptions;
  /** Permissions of the programs beside those for the parts. Example: `[new PolicyStatement({ actions: ['s3:GetObject'], resources: ['arn:aws:s3:::acme-models/prod/*'] })]`. @defaultValue none */
  readonly statements?: readonly PolicyStatement[];
}

/**
 * Model server on AWS Fargate: tasks with Nginx, gateway and Flask behind an Application Load Balancer, from the same deployment as hosts.
 *
 * A deployment goes back to the tasks before when its tasks don't become healthy, or an alarm of rollouts begins.
 *
 * @throws DeployCdkError `ERR_DEPLOY_CDK_INVALID_OPTION`, also for a deployment that needs a host
 *
 * @example
 * ```ts
 * import { ContainerService } from '@fairlead/deploy-cdk';
 * import { defineDeployment } from '@fairlead/deploy-config';
 * import { App, Stack } from 'aws-cdk-lib';
 *
 * const deployment = defineDeployment({
 *   target: { nginx: '1.28.0' },
 *   host: { cores: 2, memoryBytes: 4 * 1024 ** 3 },
 *   layout: 'host',
 *   nginx: {
 *     listen: { scheme: 'http', address: '0.0.0.0:8080' },
 *     publicScheme: 'https',
 *     trustedProxies: ['10.0.0.0/16'],
 *   },
 *   gateway: {
 *     command: ['/usr/bin/node', 'main.js'],
 *     service: { user: 'shop' },
 *     environment: { FAIRLEAD_REGISTRY: 's3://acme-models/prod' },
 *   },
 * });
 * const registry = '111122223333.dkr.ecr.eu-central-1.amazonaws.com';
 * const digest = `sha256:${'0'.repeat(64)}`;
 * const service = new ContainerService(new Stack(new App(), 'Shop'), 'Service', {
 *   deployment,
 *   containers: {
 *     images: { gateway: `${registry}/shop-gateway@${digest}`, nginx: `${registry}/shop-nginx@${digest}` },
 *   },
 *   balancer: { certificateArn: 'arn:aws:acm:eu-central-1:111122223333:certificate/1234' },
 * });
 * console.log(service.taskDefinition.cpu); // 2048
 * ```
 */
export class ContainerService extends Construct {
  readonly network: Network;
  readonly balancer: Balancer;
  readonly cluster: Cluster;
  readonly taskDefinition: CfnTaskDefinition;
  readonly service: CfnService;
  /** Policies and scheduled actions of the service; `undefined` for a fixed number of tasks. */
  readonly scaling: ServiceScaling | undefined;
  /** Role of the programs. */
  readonly taskRole: Role;
  /** Role of ECS, which pulls images, reads secrets and writes logs. */
  readonly executionRole: Role;
  /** `undefined` without the option, as the parts below. */
  readonly storage: Storage | undefined;
  readonly queue: JobQueues | undefined;
  readonly cache: Cache | undefined;
  readonly watching: Watching | undefined;
  readonly edge: Edge | undefined;
  readonly backup: Backup | undefined;
  readonly ciRole: CiRole | undefined;
  readonly batch: TrainingJobs | undefined;

  constructor(scope: Construct, id: string, props: ContainerServiceProps) {
    super(scope, id);
    checkProps(props);
    const { containers: options } = props;
    const deployment = containerDeployment(props.deployment);
    checkTasks(deployment, options);
    this.network = new Network(this, 'Network', { options: props.network ?? {}, runs: 'tasks' });
    const { network } = this;
    const context = { deployment, network, options: props };
    const stores = createStores(this, context, false);
    checkNewBuckets(this, { deployment, storage: props.storage });
    this.storage = stores.storage;
    this.queue = stores.queue;
    this.cache = stores.cache;
    this.balancer = createBalancer(this, context, props.balancer);
    const { balancer } = this;
    // Tasks have addresses of the network, and are no instances.
    for (const group of balancer.targetGroups) {
      (group.node.defaultChild as CfnTargetGroup).targetType = 'ip';
    }
    this.cluster = new Cluster(this, 'Cluster', {
      vpc: network.vpc,
      containerInsightsV2: ContainerInsights.ENABLED,
    });
    const { cluster } = this;
    this.watching = createWatching(this, context, {
      ...{ balancer, queue: this.queue, certificateArn: props.balancer.certificateArn },
      tasks: {
        cluster: cluster.clusterName,
        // The service comes after the alarms that fail its deployments.
        service: Lazy.string({ produce: () => this.service.attrName }),
        containers: containerNames(deployment),
        startMinutes: Math.ceil(warmUpSeconds(options) / 60),
      },
    });
    const logs = taskLogs(this, deployment, this.watching);
    this.taskRole = this.#taskRole(props);
    const { cache } = this;
    const forEcs = executionStatements(deployment, options, { cache, logs: [...logs.values()] });
    this.executionRole = createTaskRole(this, 'ExecutionRole', { network, statements: forEcs });
    this.taskDefinition = createTaskDefinition(
      this,
      {
        ...{ deployment, options, ports: balancer.targetGroups.map(targetPort) },
        logGroup: (name) => logs.get(name)?.logGroupName ?? '',
      },
      this,
    );
    const created = this.#service(deployment, options);
    this.service = created.service;
    this.scaling = created.scaling;
    this.edge = createEdge(this, context, balancer);
    this.backup = props.backup && this.#backup(deployment, props.backup);
    this.ciRole = props.ciRole && this.#ciRole(deployment, options, props.ciRole);
    this.batch = createBatch(this, context, this);
  }

  #taskRole({ statements = [] }: ContainerServiceProps): Role {
    const { network, storage, queue, watching } = this;
    // ECS reads the address of the cache.
    const ofParts = programStatements([storage, queue, watching], storage);
    return createTaskRole(this, 'TaskRole', {
      ...{ network, statements: [...ofParts, ...statements] },
    });
  }

  #service(
    deployment: Deployment,
    options: ContainersOptions,
  ): { readonly service: CfnService; readonly scaling: ServiceScaling | undefined } {
    const { network, balancer, cluster, taskDefinition, watching } = this;
    const service = createTaskService(this, {
      ...{ deployment, options, network, balancer, cluster, taskDefinition },
      alarmNames: watching?.deploymentAlarmNames ?? [
        errorAlarm(this, balancer.targetGroup).alarmName,
      ],
    });
    // ECS refuses a target group without a load balancer, and tasks need routes, permissions, endpoints, and what they read and write.
    service.node.addDependency(
      ...[balancer.listener, this.taskRole, this.executionRole, ...network.hostRoutes],
      ...[this.storage, this.queue, this.cache].filter((part) => part !== undefined),
    );
    const { min = 2, max = 2 * min, scaling = {} } = options;
    if (max === min) return { service, scaling: undefined };
    const added = addTaskScaling(this, scaling, {
      ...{ cluster: cluster.clusterName, service: service.attrName, balancer, min, max },
      warmUpSeconds: warmUpSeconds(options),
    });
    return { service, scaling: added };
  }

  #backup(deployment: Deployment, options: BackupOptions): Backup {
    const { storage } = this;
    return new Backup(this, 'Backup', { deployment, storage, options });
  }

  #ciRole(deployment: Deployment, containers: ContainersOptions, options: CiRoleOptions): CiRole {
    const { storage } = this;
    return new CiRole(this, 'CiRole', {
      ...{ deployment, options, storage, repositoryArns: repositoryArns(containers) },
    });
  }
}

function checkProps(props: ContainerServiceProps): void {
  checkOptions('ContainerService', props, {
    deployment: 'required',
    containers: 'required',
    balancer: 'required',
    network: 'optional',
    statements: 'optional',
    ...partNames,
  });
  checkContainersOptions(props.containers);
  checkPipeline(props.ciRole);
}
