import { Duration } from 'aws-cdk-lib';
import { InstanceRefreshStrategy, UpdatePolicy } from 'aws-cdk-lib/aws-autoscaling';
import {
  Alarm,
  ComparisonOperator,
  MathExpression,
  TreatMissingData,
  type IAlarm,
} from 'aws-cdk-lib/aws-cloudwatch';
import {
  HttpCodeTarget,
  type ApplicationTargetGroup,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';

import type { UpdateOptions } from './update-options.ts';

/** Returns the update policy of the Auto Scaling group; `undefined` for hosts that stay. */
export function updatePolicy(
  options: UpdateOptions,
  { warmUp, alarms }: { readonly warmUp: Duration; readonly alarms: readonly IAlarm[] },
): UpdatePolicy | undefined {
  if (options.kind === 'inPlace') return undefined;
  const { checkpointPercentages = [10, 50, 100] } = options;
  return UpdatePolicy.instanceRefresh({
    strategy: InstanceRefreshStrategy.ROLLING,
    minHealthyPercentage: 100,
    maxHealthyPercentage: 110,
    instanceWarmup: warmUp,
    skipMatching: true,
    checkpointPercentages: [...checkpointPercentages],
    checkpointDelay: Duration.minutes(options.checkpointMinutes ?? 5),
    bakeTime: Duration.minutes(options.bakeMinutes ?? 15),
    alarms: [...alarms],
  });
}

/** Creates the alarm of an instance refresh or a deployment of tasks: more than 1 % of the responses have status 5xx in two of three minutes. */
export function errorAlarm(scope: Construct, targetGroup: ApplicationTargetGroup): IAlarm {
  const period = Duration.minutes(1);
  const { metrics } = targetGroup;
  const share = new MathExpression({
    expression: 'IF(requests > 0, 100 * FILL(errors, 0) / requests, 0)',
    usingMetrics: {
      errors: metrics.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT, { period }),
      requests: metrics.requestCount({ period, statistic: 'Sum' }),
    },
    period,
    label: 'Responses with status 5xx, in percent',
  });
  return new Alarm(scope, 'UpdateErrors', {
    metric: share,
    threshold: 1,
    comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    evaluationPeriods: 3,
    datapointsToAlarm: 2,
    treatMissingData: TreatMissingData.NOT_BREACHING,
    alarmDescription: 'More than 1 % of responses have status 5xx: fails an update.',
  });
}
