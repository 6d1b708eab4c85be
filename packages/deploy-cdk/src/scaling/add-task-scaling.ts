import { CfnScalableTarget, CfnScalingPolicy } from 'aws-cdk-lib/aws-applicationautoscaling';
import type { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';

import type { Balancer } from '../balancing/balancer.ts';
import { dimensions } from '../watching/alarm-parts.ts';
import { addScaleInAlarm, scaleInStep } from './scale-in.ts';
import type { ScalingOptions } from './scaling-options.ts';
import { requestForecast, trackedLoad } from './tracked-load.ts';
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
  /** Policy that adds tasks by the requests of each task, or by the processor time. Example: `service.scaling?.targetTracking.ref` */
  readonly targetTracking: CfnScalingPolicy;
  /** Policy that removes tasks, which `scaleInAlarm` sets off. Example: `service.scaling?.scaleIn.ref` */
  readonly scaleIn: CfnScalingPolicy;
  /** Alarm when fewer tasks would be enough. Example: `service.scaling?.scaleInAlarm.ref` */
  readonly scaleInAlarm: CfnAlarm;
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
      ...trackedLoad(options, balancer, 'ECSServiceAverageCPUUtilization'),
      ...{ scaleOutCooldown: warmUpSeconds, disableScaleIn: true },
    },
  });
  const scaleIn = new CfnScalingPolicy(scope, 'ScaleInPolicy', {
    policyName: 'ScaleIn',
    policyType: 'StepScaling',
    scalingTargetId: target.ref,
    stepScalingPolicyConfiguration: {
      adjustmentType: 'PercentChangeInCapacity',
      // Every value above the threshold of the alarm.
      stepAdjustments: [{ metricIntervalLowerBound: 0, scalingAdjustment: scaleInStep.percent }],
      minAdjustmentMagnitude: scaleInStep.atLeast,
      ...{ cooldown: scaleInStep.cooldownSeconds, metricAggregationType: 'Average' },
    },
  });
  const ofService = (namespace: string, metricName: string) => ({
    ...{ namespace, metricName },
    dimensions: dimensions({ ClusterName: cluster, ServiceName: service }),
  });
  const metrics = {
    count: ofService('ECS/ContainerInsights', 'RunningTaskCount'),
    processorTime: ofService('AWS/ECS', 'CPUUtilization'),
  };
  const scaleInAlarm = addScaleInAlarm(scope, options, metrics, balancer, scaleIn.ref);
  const parts = { target, targetTracking, scaleIn, scaleInAlarm };
  if (predictive === undefined) return { ...parts, predictive: undefined };
  const forecast = new CfnScalingPolicy(scope, 'Predictive', {
    policyName: 'Predictive',
    policyType: 'PredictiveScaling',
    scalingTargetId: target.ref,
    predictiveScalingPolicyConfiguration: requestForecast(options, balancer, warmUpSeconds),
  });
  return { ...parts, predictive: forecast };
}
