import { CfnScalingPolicy, CfnScheduledAction } from 'aws-cdk-lib/aws-autoscaling';
import type { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';

import type { Balancer } from '../balancing/balancer.ts';
import { dimensions } from '../watching/alarm-parts.ts';
import { addScaleInAlarm, scaleInStep } from './scale-in.ts';
import type { ScalingOptions } from './scaling-options.ts';
import { requestForecast, trackedLoad } from './tracked-load.ts';

/** Group of the hosts and what changes its size. */
export interface ScalingTarget {
  /** Reference to the Auto Scaling group, so that CloudFormation creates policies and scheduled actions after it. */
  readonly group: string;
  readonly balancer: Balancer;
  /** Seconds until a new host counts. */
  readonly warmUpSeconds: number;
  /** As many hosts at most as at least. */
  readonly isFixed: boolean;
}

/** Policies and scheduled actions of an Auto Scaling group. */
export interface HostScaling {
  /** Policy that adds hosts by the requests of each host, or by the processor time. Example: `hosts.scaling.targetTracking.estimatedInstanceWarmup = 90` */
  readonly targetTracking: CfnScalingPolicy;
  /** Policy that removes hosts, which `scaleInAlarm` sets off; `undefined` where their number never changes. Example: `hosts.scaling.scaleIn?.ref` */
  readonly scaleIn: CfnScalingPolicy | undefined;
  /** Alarm when fewer hosts would be enough. Example: `hosts.scaling.scaleInAlarm?.ref` */
  readonly scaleInAlarm: CfnAlarm | undefined;
  /** Forecast; `undefined` without `predictive`. Example: `hosts.scaling.predictive?.ref` */
  readonly predictive: CfnScalingPolicy | undefined;
  /** Actions of `schedule`, in its order. Example: `hosts.scaling.schedule[0]?.ref` */
  readonly schedule: readonly CfnScheduledAction[];
}

/** Adds the policies that change the number of hosts. */
export function addScaling(
  scope: Construct,
  options: ScalingOptions,
  target: ScalingTarget,
): HostScaling {
  const { schedule = [], predictive } = options;
  const { group, warmUpSeconds, balancer, isFixed } = target;
  const { listener } = balancer;
  const targetTracking = new CfnScalingPolicy(scope, 'TargetTracking', {
    autoScalingGroupName: group,
    policyType: 'TargetTrackingScaling',
    estimatedInstanceWarmup: warmUpSeconds,
    targetTrackingConfiguration: {
      ...trackedLoad(options, balancer, 'ASGAverageCPUUtilization'),
      disableScaleIn: true,
    },
  });
  // Metrics of requests per host exist once the listener sends requests to the group.
  targetTracking.node.addDependency(listener);
  const actions = schedule.map(
    ({ cron, timeZone = 'Etc/UTC', min, max }, i) =>
      new CfnScheduledAction(scope, `Schedule${i}`, {
        autoScalingGroupName: group,
        ...{ recurrence: cron, timeZone, minSize: min },
        ...(max !== undefined && { maxSize: max }),
      }),
  );
  const scaling = {
    ...{ targetTracking, schedule: actions },
    ...(isFixed && schedule.length === 0
      ? { scaleIn: undefined, scaleInAlarm: undefined }
      : addScaleIn(scope, options, target)),
  };
  if (predictive === undefined) return { ...scaling, predictive: undefined };
  const forecast = new CfnScalingPolicy(scope, 'Predictive', {
    autoScalingGroupName: group,
    policyType: 'PredictiveScaling',
    predictiveScalingConfiguration: requestForecast(options, balancer, warmUpSeconds),
  });
  forecast.node.addDependency(listener);
  return { ...scaling, predictive: forecast };
}

/** Adds the policy and the alarm that remove hosts: a simple policy, because a step policy of EC2 has no cooldown, and the alarm sets it off every minute. */
function addScaleIn(
  scope: Construct,
  options: ScalingOptions,
  { group, balancer }: ScalingTarget,
): Pick<HostScaling, 'scaleIn' | 'scaleInAlarm'> {
  const scaleIn = new CfnScalingPolicy(scope, 'ScaleInPolicy', {
    autoScalingGroupName: group,
    policyType: 'SimpleScaling',
    adjustmentType: 'PercentChangeInCapacity',
    scalingAdjustment: scaleInStep.percent,
    minAdjustmentMagnitude: scaleInStep.atLeast,
    cooldown: String(scaleInStep.cooldownSeconds),
  });
  const ofGroup = (namespace: string, metricName: string) => ({
    ...{ namespace, metricName },
    dimensions: dimensions({ AutoScalingGroupName: group }),
  });
  const metrics = {
    count: ofGroup('AWS/AutoScaling', 'GroupInServiceInstances'),
    processorTime: ofGroup('AWS/EC2', 'CPUUtilization'),
  };
  return { scaleIn, scaleInAlarm: addScaleInAlarm(scope, options, metrics, balancer, scaleIn.ref) };
}
