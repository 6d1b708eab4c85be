import { RemovalPolicy } from 'aws-cdk-lib';
import { FlowLogDestination, FlowLogTrafficType, type Vpc } from 'aws-cdk-lib/aws-ec2';
import { LogGroup } from 'aws-cdk-lib/aws-logs';

import { retentionOf } from '../retention-days.ts';

/** Logs accepted and rejected connections of a VPC. */
export function addFlowLog(vpc: Vpc, days: number): void {
  const group = new LogGroup(vpc, 'FlowLogGroup', {
    retention: retentionOf('Option network.flowLogDays', days),
    removalPolicy: RemovalPolicy.DESTROY,
  });
  vpc.addFlowLog('FlowLog', {
    destination: FlowLogDestination.toCloudWatchLogs(group),
    trafficType: FlowLogTrafficType.ALL,
  });
}
