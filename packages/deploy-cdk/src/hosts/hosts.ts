import type { Deployment } from '@fairlead/deploy-config';
import { CfnWaitCondition, CfnWaitConditionHandle, Duration, Stack } from 'aws-cdk-lib';
import {
  AdditionalHealthCheckType,
  AutoScalingGroup,
  GroupMetrics,
  HealthChecks,
  type CfnAutoScalingGroup,
} from 'aws-cdk-lib/aws-autoscaling';
import {
  BlockDeviceVolume,
  EbsDeviceVolumeType,
  InstanceArchitecture,
  InstanceType,
  LaunchTemplate,
  UserData,
} from 'aws-cdk-lib/aws-ec2';
import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

import type { Balancer } from '../balancing/balancer.ts';
import { invalidOption } from '../check-options.ts';
import { acknowledgeRule, acknowledgeWildcards } from '../nag/acknowledge.ts';
import type { Network } from '../network/network.ts';
import { addScaling, type HostScaling } from '../scaling/add-scaling.ts';
import { warmUpSeconds } from '../scaling/warm-up-seconds.ts';
import { checkUpdateOptions, type UpdateOptions } from '../updates/update-options.ts';
import { errorAlarm, updatePolicy } from '../updates/update-policy.ts';
import { firstBoot } from './first-boot.ts';
import { hostGroupName } from './host-group-name.ts';
import { machineImage } from './host-image.ts';
import { hostStatements } from './host-statements.ts';
import { checkHostsOptions, MAX_FIRST_BOOT_MINUTES, type HostsOptions } from './hosts-options.ts';
import { checkReleaseOptions, type ReleaseOptions } from './release-options.ts';

/** Properties of {@link Hosts}. */
export interface HostsProps {
  /** Deployment of the hosts. Example: `defineDeployment({ … })`. */
  readonly deployment: Deployment;
  /** Network of the hosts. Example: `new Network(this, 'Network', {})`. */
  readonly network: Network;
  /** Load balancer whose target groups the hosts are in. Example: `new Balancer(this, 'Balancer', { deployment, network, options: { certificateArn } })`. */
  readonly balancer: Balancer;
  /** Options of `ModelService`. Example: `{ instanceType: 'm7g.large' }`. */
  readonly options: HostsOptions;
  /** Release that new hosts download. Example: `{ bucket: 'acme-shop-releases', release: await readBootRelease('release.tar') }`. */
  readonly release: ReleaseOptions;
  /** Way of a release to the hosts. Example: `{ kind: 'inPlace', parameter: '/shop/prod/release' }`. @defaultValue `{ kind: 'immutable' }` */
  readonly updates?: UpdateOptions | undefined;
  /** Alarms that fail an immutable update without alarms in its options. Example: `[watching.rolloutAlarm]`. @defaultValue an alarm for more than 1 % of responses with status 5xx */
  readonly alarms?: readonly IAlarm[] | undefined;
  /** Permissions of the hosts beside those for the release, the secrets of the deployment and AWS Systems Manager. Example: `storage.statements`. @defaultValue none */
  readonly statements?: readonly PolicyStatement[];
}

const HOOK = 'golden-predictions';

/**
 * Auto Scaling group of the hosts: each instance downloads the release at its first boot, and takes requests after it has answered golden predictions as expected.
 *
 * @throws DeployCdkError `ERR_DEPLOY_CDK_INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { Balancer, Hosts, Network } from '@fairlead/deploy-cdk';
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
 * const stack = new Stack(new App(), 'Shop');
 * const network = new Network(stack, 'Network', { options: { internetAccess: 'nat' } });
 * const certificateArn = 'arn:aws:acm:eu-central-1:111122223333:certificate/1234';
 * const balancer = new Balancer(stack, 'Balancer', { deployment, network, options: { certificateArn } });
 * const hosts = new Hosts(stack, 'Hosts', {
 *   ...{ deployment, network, balancer, options: { instanceType: 'm7g.large' } },
 *   updates: { kind: 'inPlace', parameter: '/shop/release' },
 *   release: { bucket: 'acme-shop-releases' },
 * });
 * console.log(hosts.updateAlarms.length); // 0
 * ```
 */
export class Hosts extends Construct {
  readonly group: AutoScalingGroup;
  readonly launchTemplate: LaunchTemplate;
  /** Role of the instances. */
  readonly role: Role;
  /** Alarms that fail an update; none for updates in place. */
  readonly updateAlarms: readonly IAlarm[];
  /** Condition that waits for the first host; `undefined` for a group that begins empty. */
  readonly firstHost: CfnWaitCondition | undefined;
  /** Address for the signal of the first host. */
  readonly firstSignal: CfnWaitConditionHandle | undefined;
  /** Policies and scheduled actions of the group. */
  readonly scaling: HostScaling;
  readonly #network: Network;

  constructor(scope: Construct, id: string, props: HostsProps) {
    super(scope, id);
    const { deployment, network, balancer, options, release } = props;
    const updates = props.updates ?? { kind: 'immutable' };
    checkHostsOptions(options);
    checkUpdateOptions(updates);
    const type = new InstanceType(options.instanceType);
    const isArm = type.architecture === InstanceArchitecture.ARM_64;
    checkReleaseOptions(release, updates, deployment, isArm ? 'linux-arm64' : 'linux-x64');
    checkPackages(options, network);
    this.#network = network;
    const warmUp = warmUpSeconds(options);
    const group = hostGroupName(scope, id);
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
      description: `Hosts of ${deployment.name}`,
    });
    // Created with the condition: signals to an older handle expire.
    const signals =
      (options.min ?? 2) === 0 ? undefined : new CfnWaitConditionHandle(this, 'FirstSignal');
    this.launchTemplate = this.#launchTemplate(
      props,
      type,
      firstBoot(this, {
        ...{ deployment, release, updates, group },
        architecture: isArm ? 'arm64' : 'amd64',
        hasPackages: options.image?.hasPackages ?? false,
        lifecycleHook: HOOK,
        signalUrl: signals?.ref,
      }),
    );
    const statements = [
      ...hostStatements({ deployment, release, updates, group }),
      ...(props.statements ?? []),
    ];
    this.addStatements(statements);
    this.updateAlarms = updates.kind === 'inPlace' ? [] : alarmsOf(this, updates, props);
    this.group = this.#group(props, group, updates, Duration.seconds(warmUp));
    this.firstSignal = signals;
    this.firstHost = signals && this.#waitForFirstHost(signals);
    this.scaling = addScaling(this, options.scaling ?? {}, {
      ...{ group: this.group.autoScalingGroupName, balancer, warmUpSeconds: warmUp },
      isFixed: options.max !== undefined && options.max === (options.min ?? 2),
    });
    network.allowCalls([
      new PolicyStatement({
        // Parts of a release, and output of commands, by presigned addresses of `ssmCarrier`.
        actions: ['s3:GetObject', 's3:PutObject'],
        resources: [`arn:${Stack.of(this).partition}:s3:::${release.bucket}/*`],
      }),
    ]);
    acknowledgeWildcards(this.role, statements);
    const reason = 'Notifications of the group belong to the topic of the operator.';
    acknowledgeRule(this.group, 'AS3', reason);
  }

  /** Adds permissions of the hosts, and their way to the services that these are for. */
  addStatements(statements: readonly PolicyStatement[]): void {
    for (const statement of statements) this.role.addToPolicy(statement);
    this.#network.allowCalls(statements);
  }

  #launchTemplate(
    { deployment, network, options }: HostsProps,
    instanceType: InstanceType,
    userData: string,
  ): LaunchTemplate {
    const { image = {}, diskGb = 20, diskKey } = options;
    return new LaunchTemplate(this, 'LaunchTemplate', {
      instanceType,
      machineImage: machineImage(image, instanceType, deployment),
      securityGroup: network.hostSecurityGroup,
      role: this.role,
      userData: UserData.custom(userData),
      requireImdsv2: true,
      httpPutResponseHopLimit: 1,
      httpEndpoint: true,
      instanceMetadataTags: false,
      detailedMonitoring: true,
      ebsOptimized: true,
      blockDevices: [
        {
          deviceName: image.rootDevice ?? '/dev/xvda',
          volume: BlockDeviceVolume.ebs(diskGb, {
            volumeType: EbsDeviceVolumeType.GP3,
            encrypted: true,
            deleteOnTermination: true,
            ...(diskKey !== undefined && { kmsKey: diskKey }),
          }),
        },
      ],
    });
  }

  #group(
    { network, balancer, options }: HostsProps,
    name: string,
    updates: UpdateOptions,
    warmUp: Duration,
  ): AutoScalingGroup {
    const { min = 2, firstBootMinutes = 15 } = options;
    const policy = updatePolicy(updates, { warmUp, alarms: this.updateAlarms });
    const group = new AutoScalingGroup(this, 'Group', {
      autoScalingGroupName: name,
      vpc: network.vpc,
      vpcSubnets: network.hostSubnets,
      launchTemplate: this.launchTemplate,
      minCapacity: min,
      maxCapacity: options.max ?? Math.max(1, 2 * min),
      healthChecks: HealthChecks.withAdditionalChecks({
        additionalTypes: [AdditionalHealthCheckType.ELB, AdditionalHealthCheckType.EBS],
        gracePeriod: warmUp,
      }),
      defaultInstanceWarmup: warmUp,
      groupMetrics: [GroupMetrics.all()],
      ...(policy !== undefined && { updatePolicy: policy }),
    });
    for (const targets of balancer.targetGroups) targets.addTarget(group);
    // A host that boots before its permissions and its way to AWS would fail.
    group.node.addDependency(this.role, balancer.listener, ...network.hostRoutes);
    const resource = group.node.defaultChild as CfnAutoScalingGroup;
    // A property of the group, not a resource after it: its first instances have the hook too.
    resource.lifecycleHookSpecificationList = [
      {
        lifecycleHookName: HOOK,
        lifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
        defaultResult: 'ABANDON',
        heartbeatTimeout: firstBootMinutes * 60,
      },
    ];
    return group;
  }

  /** The stack isn't created before the first host has answered golden predictions. */
  #waitForFirstHost(handle: CfnWaitConditionHandle): CfnWaitCondition {
    const condition = new CfnWaitCondition(this, 'FirstHost', {
      handle: handle.ref,
      // Independent of the options: CloudFormation can't update a wait condition, and hosts that run signal no new one.
      count: 1,
      timeout: String(MAX_FIRST_BOOT_MINUTES * 60),
    });
    condition.node.addDependency(this.group);
    return condition;
  }
}

function checkPackages({ image = {} }: HostsOptions, network: Network): void {
  if (image.hasPackages === true || network.hasInternet) return;
  throw invalidOption(
    "Hosts can't install Nginx: their subnets have no way to Debian's servers, and hosts.image.hasPackages isn't true. Set network.internetAccess to 'nat', or hosts.image to an image that has the packages, with hasPackages: true.",
  );
}

function alarmsOf(
  scope: Construct,
  { alarms }: Extract<UpdateOptions, { kind: 'immutable' }>,
  props: HostsProps,
): readonly IAlarm[] {
  return alarms ?? props.alarms ?? [errorAlarm(scope, props.balancer.targetGroup)];
}
