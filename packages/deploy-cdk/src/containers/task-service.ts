import { containerSettings, type Deployment } from '@fairlead/deploy-config';
import { CfnService, type CfnTaskDefinition, type Cluster } from 'aws-cdk-lib/aws-ecs';
import type { CfnTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';

import type { Balancer } from '../balancing/balancer.ts';
import type { Network } from '../network/network.ts';
import { startSeconds } from './container-definitions.ts';
import type { ContainersOptions } from './containers-options.ts';

/** Properties of the service of ECS. */
export interface TaskServiceProps {
  /** Result of `containerDeployment`. */
  readonly deployment: Deployment;
  readonly options: ContainersOptions;
  readonly network: Network;
  readonly balancer: Balancer;
  readonly cluster: Cluster;
  readonly taskDefinition: CfnTaskDefinition;
  /** Names of the alarms that fail a deployment. */
  readonly alarmNames: readonly string[];
}

/** Creates the service, whose deployments go back when tasks don't become healthy, or an alarm begins. */
export function createTaskService(scope: Construct, props: TaskServiceProps): CfnService {
  const { deployment, options, network, balancer, alarmNames } = props;
  const { min = 2, max = 2 * min } = options;
  const subnets = network.vpc.selectSubnets(network.hostSubnets).subnetIds;
  const starts = containerSettings(deployment).map(({ health }) => startSeconds(health, options));
  return new CfnService(scope, 'Tasks', {
    cluster: props.cluster.clusterArn,
    taskDefinition: props.taskDefinition.ref,
    launchType: 'FARGATE',
    platformVersion: '1.4.0',
    // Each update of the stack would set a service that has scaled back to this number; the scalable target has the fewest tasks.
    ...(max === min && { desiredCount: min }),
    deploymentConfiguration: {
      minimumHealthyPercent: 100,
      maximumPercent: 200,
      deploymentCircuitBreaker: { enable: true, rollback: true },
      alarms: { alarmNames: [...alarmNames], enable: true, rollback: true },
    },
    availabilityZoneRebalancing: 'ENABLED',
    // The load balancer may find a task unready while its models load.
    healthCheckGracePeriodSeconds: Math.max(...starts),
    networkConfiguration: {
      awsvpcConfiguration: {
        ...{ assignPublicIp: 'DISABLED', subnets },
        securityGroups: [network.hostSecurityGroup.securityGroupId],
      },
    },
    loadBalancers: balancer.targetGroups.map((group) => ({
      ...{ containerName: 'nginx', containerPort: targetPort(group) },
      targetGroupArn: group.targetGroupArn,
    })),
    enableExecuteCommand: false,
    propagateTags: 'SERVICE',
  });
}

/** Port of Nginx that the load balancer reaches. */
export function targetPort(group: Balancer['targetGroup']): number {
  return (group.node.defaultChild as CfnTargetGroup).port ?? 0;
}
