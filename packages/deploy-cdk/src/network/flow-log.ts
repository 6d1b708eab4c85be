import { RemovalPolicy } from 'aws-cdk-lib';
import {
  FlowLogDestination,
  FlowLogTrafficType,
  type FlowLog,
  type Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { LogGroup } from 'aws-cdk-lib/aws-logs';

import { retentionOf } from '../retention-days.ts';

/** Logs accepted and rejected connections of a VPC. */
export function addFlowLog(vpc: Vpc, days: number): FlowLog {
  const group = new LogGroup(vpc, 'FlowLogGroup', {
    retention: retentionOf('Option network.flowLogDays', days),
    removalPolicy: RemovalPolicy.DESTROY,
  });
  return vpc.addFlowLog('FlowLog', {
    destination: FlowLogDestination.toCloudWatchLogs(group),
    trafficType: FlowLogTrafficType.ALL,
  });
}
