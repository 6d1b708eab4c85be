import { CfnScalableTarget, CfnScalingPolicy } from 'aws-cdk-lib/aws-applicationautoscaling';
import type { Construct } from 'constructs';

import type { Balancer } from '../balancing/balancer.ts';
import { requestForecast, trackedMetric } from './request-metric.ts';
import type { ScalingOptions } from './scaling-options.ts';
import { taskSchedule } from './task-schedule.ts';

/** Service of ECS and what changes its number of tasks. */
export interface TaskScaling {
  /** Name of the cluster. */
  readonly cluster: string;
  /** Name of the service. */
  readonly service: string;
  readonly balancer: Balancer;
  /** Fewest tasks. */
  readonly min: number;
  /** Most tasks. */
  readonly max: number;
  /** Seconds until a new task counts. */
  readonly warmUpSeconds: number;
}

/** Target of Application Auto Scaling, which has the scheduled actions, and its policies. */
export interface ServiceScaling {
  /** Target of the policies, which has the scheduled actions. Example: `service.scaling?.target.maxCapacity` */
  readonly target: CfnScalableTarget;
  /** Policy that follows the requests of each task, or the processor time. Example: `service.scaling?.targetTracking.ref` */
  readonly targetTracking: CfnScalingPolicy;
  /** Forecast; `undefined` without `predictive`. Example: `service.scaling?.predictive?.ref` */
  readonly predictive: CfnScalingPolicy | undefined;
}

/**
 * Adds the policies that change the number of tasks: those that `addScaling` gives hosts, by Application Auto Scaling. It uses its service-linked role.
 */
export function addTaskScaling(
  scope: Construct,
  options: ScalingOptions,
  scaling: TaskScaling,
): ServiceScaling {
  const { cluster, service, balancer, min, max, warmUpSeconds } = scaling;
  const { schedule = [], predictive } = options;
  const target = new CfnScalableTarget(scope, 'Scaling', {
    serviceNamespace: 'ecs',
    scalableDimension: 'ecs:service:DesiredCount',
    resourceId: `service/${cluster}/${service}`,
    ...{ minCapacity: min, maxCapacity: max },
    scheduledActions: schedule.map(({ cron, timeZone = 'Etc/UTC', min: fewest, max: most }, i) => ({
      scheduledActionName: `Schedule${i}`,
      schedule: taskSchedule(`containers.scaling.schedule[${i}].cron`, cron),
      timezone: timeZone,
      scalableTargetAction: {
        minCapacity: fewest,
        ...(most !== undefined && { maxCapacity: most }),
      },
    })),
  });
  // The service is behind the listener already, without which there is no metric of requests.
  const targetTracking = new CfnScalingPolicy(scope, 'TargetTracking', {
    policyName: 'TargetTracking',
    policyType: 'TargetTrackingScaling',
    scalingTargetId: target.ref,
    targetTrackingScalingPolicyConfiguration: {
      ...trackedMetric(options, balancer, 'ECSServiceAverageCPUUtilization'),
      scaleOutCooldown: warmUpSeconds,
    },
  });
  if (predictive === undefined) return { target, targetTracking, predictive: undefined };
  const forecast = new CfnScalingPolicy(scope, 'Predictive', {
    policyName: 'Predictive',
    policyType: 'PredictiveScaling',
    scalingTargetId: target.ref,
    predictiveScalingPolicyConfiguration: requestForecast(options, balancer, warmUpSeconds),
  });
  return { target, targetTracking, predictive: forecast };
}
