import { RemovalPolicy } from 'aws-cdk-lib';
import { FlowLogDestination, FlowLogTrafficType, type Vpc } from 'aws-cdk-lib/aws-ec2';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';

import { describeValue } from '@fairlead/signature';

import { invalidOption } from '../check-options.ts';

const RETENTIONS = Object.values(RetentionDays).filter((value) => typeof value === 'number');

/** Returns the member of the enumeration for a number of days; `undefined` if CloudWatch Logs doesn't offer it. */
function retentionOf(days: unknown): RetentionDays | undefined {
  return RETENTIONS.find((value) => value === days && value !== RetentionDays.INFINITE);
}

/** Rejects a number of days that CloudWatch Logs doesn't offer. */
export function checkRetention(name: string, days: unknown): void {
  if (retentionOf(days) !== undefined) return;
  const listed = RETENTIONS.filter((value) => value !== RetentionDays.INFINITE).join(', ');
  throw invalidOption(
    `Option ${name} is ${describeValue(days)}: CloudWatch Logs offers ${listed} days.`,
  );
}

/** Logs accepted and rejected connections of a VPC. */
export function addFlowLog(vpc: Vpc, days: number): void {
  const group = new LogGroup(vpc, 'FlowLogGroup', {
    retention: retentionOf(days) ?? RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  vpc.addFlowLog('FlowLog', {
    destination: FlowLogDestination.toCloudWatchLogs(group),
    trafficType: FlowLogTrafficType.ALL,
  });
}
