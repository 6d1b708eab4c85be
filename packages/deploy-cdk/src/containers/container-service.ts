import { containerDeployment, containerSettings, type Deployment } from '@fairlead/deploy-config';
import { Aws, RemovalPolicy } from 'aws-cdk-lib';
import {
  PredefinedMetric,
  ScalableTarget,
  ServiceNamespace,
} from 'aws-cdk-lib/aws-applicationautoscaling';
import { Cluster, CfnService, CfnTaskDefinition, ContainerInsights } from 'aws-cdk-lib/aws-ecs';
import type { CfnTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { AnyPrincipal, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

import type { BalancerOptions } from '../balancing/balancer-options.ts';
import { Balancer } from '../balancing/balancer.ts';
import { checkOptions } from '../check-options.ts';
import { acknowledgeRule } from '../nag/acknowledge.ts';
import type { NetworkOptions } from '../network/network-options.ts';
import { Network } from '../network/network.ts';
import { programContainer, secretsContainer, type TaskContext } from './container-definitions.ts';
import { checkContainersOptions, type ContainersOptions } from './containers-options.ts';
import { imageStatements } from './image-statements.ts';
import { checkTasks } from './check-tasks.ts';
import { secretStatements } from './task-secrets.ts';
import { taskSize } from './task-size.ts';

/** Properties of {@link ContainerService}. */
export interface ContainerServiceProps {
  /** Deployment as for hosts: `host` is the size of a task. Example: `defineDeployment({ … })`. */
  readonly deployment: Deployment;
  /** Tasks. Example: `{ images: { gateway: '…@sha256:…', nginx: '…@sha256:…' }, max: 12 }`. */
  readonly containers: ContainersOptions;
  /** Load balancer. Example: `{ certificateArn: 'arn:aws:acm:eu-central-1:111122223333:certificate/1234' }`. */
  readonly balancer: BalancerOptions;
  /** Network of the load balancer and the tasks. Example: `{ maxAzs: 3 }`. @defaultValue a new VPC in two Availability Zones, without a way to the internet */
  readonly network?: NetworkOptions;
  /** Permissions of the programs, such as `statements` of `Storage`. Example: `storage.statements`. @defaultValue none */
  readonly statements?: readonly PolicyStatement[];
}

/**
 * Model server on AWS Fargate: tasks with Nginx, gateway and Flask behind an Application Load Balancer, from the same deployment as hosts.
 *
 * A deployment whose tasks don't become healthy goes back to the tasks before.
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
  /** Role of the programs. */
  readonly taskRole: Role;
  /** Role of ECS, which pulls images, reads secrets and writes logs. */
  readonly executionRole: Role;

  constructor(scope: Construct, id: string, props: ContainerServiceProps) {
    super(scope, id);
    checkOptions('ContainerService', props, {
      deployment: 'required',
      containers: 'required',
      balancer: 'required',
      network: 'optional',
      statements: 'optional',
    });
    const { containers: options, statements = [] } = props;
    checkContainersOptions(options);
    const deployment = containerDeployment(props.deployment);
    checkTasks(deployment, options);
    this.network = new Network(this, 'Network', { options: props.network ?? {} });
    this.#addEndpoints(deployment);
    const { network } = this;
    this.balancer = new Balancer(this, 'Balancer', {
      ...{ deployment, network, options: props.balancer },
    });
    // Tasks have addresses of the network, and are no instances.
    for (const group of this.balancer.targetGroups) {
      (group.node.defaultChild as CfnTargetGroup).targetType = 'ip';
    }
    network.allowCalls(statements);
    this.cluster = new Cluster(this, 'Cluster', {
      vpc: network.vpc,
      containerInsightsV2: ContainerInsights.ENABLED,
    });
    const groups = this.#logGroups(deployment);
    this.taskRole = this.#role('TaskRole', statements);
    this.executionRole = this.#role('ExecutionRole', [
      ...imageStatements(options),
      ...secretStatements(deployment),
      new PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        // A log stream follows the name of the group.
        resources: [...groups.values()].map(({ logGroupArn }) => logGroupArn),
      }),
    ]);
    acknowledgeRule(
      this.executionRole,
      'IAM5[Resource::*]',
      'ecr:GetAuthorizationToken, which has no resources that a policy could name.',
    );
    const ports = this.balancer.targetGroups.map(portOf);
    const logGroup = (name: string) => groups.get(name)?.logGroupName ?? '';
    this.taskDefinition = this.#task({ deployment, options, logGroup, ports });
    this.service = this.#service(deployment, options, ports);
    this.#scale(options);
  }

  /** Registry of images and source of secrets, where tasks reach no internet. */
  #addEndpoints({ secrets }: Deployment): void {
    for (const service of ['ecr.api', 'ecr.dkr']) this.network.addEndpoint(service);
    if (secrets.some(({ from }) => 'secretsManager' in from)) {
      this.network.addEndpoint('secretsmanager');
    }
    // Layers of images are in a bucket of ECR:
    // https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html#ecr-setting-up-s3-gateway
    this.network.s3Endpoint?.addToPolicy(
      new PolicyStatement({
        principals: [new AnyPrincipal()],
        actions: ['s3:GetObject'],
        resources: [`arn:${Aws.PARTITION}:s3:::prod-${Aws.REGION}-starport-layer-bucket/*`],
      }),
    );
  }

  #logGroups(deployment: Deployment): ReadonlyMap<string, LogGroup> {
    const names = [
      ...containerSettings(deployment).map(({ program }) => program),
      ...(deployment.secrets.some(({ variable }) => variable === undefined) ? ['secrets'] : []),
    ];
    return new Map(
      names.map((name) => [
        name,
        new LogGroup(this, `Log-${name}`, {
          retention: retentionOf(deployment.cloudWatch?.retentionDays),
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      ]),
    );
  }

  #role(id: string, statements: readonly PolicyStatement[]): Role {
    const role = new Role(this, id, {
      assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    });
    for (const statement of statements) role.addToPolicy(statement);
    return role;
  }

  #task(context: TaskContext): CfnTaskDefinition {
    const { deployment, options } = context;
    const { cpu, memoryMiB } = taskSize(deployment);
    const secrets = secretsContainer(context);
    const definitions = [
      ...(secrets === undefined ? [] : [secrets]),
      ...containerSettings(deployment).map((settings) => programContainer(context, settings)),
    ];
    const volumes = new Set(
      definitions.flatMap(({ mountPoints }) =>
        (mountPoints as { sourceVolume: string }[]).map(({ sourceVolume }) => sourceVolume),
      ),
    );
    const task = new CfnTaskDefinition(this, 'Task', {
      family: deployment.name,
      requiresCompatibilities: ['FARGATE'],
      networkMode: 'awsvpc',
      cpu: String(cpu),
      memory: String(memoryMiB),
      runtimePlatform: {
        cpuArchitecture: options.processor === 'arm64' ? 'ARM64' : 'X86_64',
        operatingSystemFamily: 'LINUX',
      },
      taskRoleArn: this.taskRole.roleArn,
      executionRoleArn: this.executionRole.roleArn,
      volumes: [...volumes].map((name) => ({ name })),
      containerDefinitions: definitions,
    });
    acknowledgeRule(
      task,
      'ECS2',
      'The variables are settings of the deployment; secrets come from Parameter Store and Secrets Manager.',
    );
    return task;
  }

  #service(
    deployment: Deployment,
    { min = 2 }: ContainersOptions,
    ports: readonly number[],
  ): CfnService {
    const { network, balancer } = this;
    const subnets = network.vpc.selectSubnets(network.hostSubnets).subnetIds;
    const [first] = containerSettings(deployment);
    const service = new CfnService(this, 'Tasks', {
      cluster: this.cluster.clusterArn,
      taskDefinition: this.taskDefinition.ref,
      launchType: 'FARGATE',
      platformVersion: '1.4.0',
      desiredCount: min,
      deploymentConfiguration: {
        minimumHealthyPercent: 100,
        maximumPercent: 200,
        deploymentCircuitBreaker: { enable: true, rollback: true },
      },
      availabilityZoneRebalancing: 'ENABLED',
      // The load balancer may find a task unready while its models load.
      healthCheckGracePeriodSeconds: (first?.health.startPeriodMs ?? 0) / 1000,
      networkConfiguration: {
        awsvpcConfiguration: {
          ...{ assignPublicIp: 'DISABLED', subnets },
          securityGroups: [network.hostSecurityGroup.securityGroupId],
        },
      },
      loadBalancers: balancer.targetGroups.map(({ targetGroupArn }, index) => ({
        ...{ containerName: 'nginx', containerPort: ports[index] ?? 0, targetGroupArn },
      })),
      enableExecuteCommand: false,
      propagateTags: 'SERVICE',
    });
    // ECS refuses a target group without a load balancer, and tasks need routes, permissions and endpoints.
    service.node.addDependency(balancer.listener, this.taskRole, this.executionRole);
    for (const route of network.hostRoutes) service.node.addDependency(route);
    return service;
  }

  #scale({ min = 2, max = min, cpuPercent = 60 }: ContainersOptions): void {
    if (max === min) return;
    const target = new ScalableTarget(this, 'Scaling', {
      serviceNamespace: ServiceNamespace.ECS,
      scalableDimension: 'ecs:service:DesiredCount',
      resourceId: `service/${this.cluster.clusterName}/${this.service.attrName}`,
      minCapacity: min,
      maxCapacity: max,
    });
    target.scaleToTrackMetric('Cpu', {
      predefinedMetric: PredefinedMetric.ECS_SERVICE_AVERAGE_CPU_UTILIZATION,
      targetValue: cpuPercent,
    });
  }
}

/** Returns the member of the enumeration for the days of the deployment, whose numbers are those of CloudWatch Logs. */
function retentionOf(days: number | undefined): RetentionDays {
  const all = Object.values(RetentionDays).filter((value) => typeof value === 'number');
  return all.find((value) => value === days) ?? RetentionDays.ONE_MONTH;
}

function portOf(group: Balancer['targetGroup']): number {
  return (group.node.defaultChild as CfnTargetGroup).port ?? 0;
}
