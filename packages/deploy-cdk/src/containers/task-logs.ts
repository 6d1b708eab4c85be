import type { Deployment } from '@fairlead/deploy-config';
import { RemovalPolicy } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

import { retentionOf } from '../retention-days.ts';
import { taskLogGroups } from '../watching/task-log-groups.ts';
import type { Watching } from '../watching/watching.ts';
import { containerNames } from './container-definitions.ts';

/** Returns the log groups by container: those of `watching`, which are encrypted and outlast the stack, or new ones that end with it. */
export function taskLogs(
  scope: Construct,
  deployment: Deployment,
  watching: Watching | undefined,
): ReadonlyMap<string, LogGroup> {
  const groups = taskLogGroups(deployment, containerNames(deployment));
  return new Map(
    groups.map(({ container, name, retentionDays }) => [
      container,
      watching?.logGroups.get(name) ??
        new LogGroup(scope, `Log-${container}`, {
          retention: retentionOf('cloudWatch.retentionDays of the deployment', retentionDays),
          removalPolicy: RemovalPolicy.DESTROY,
        }),
    ]),
  );
}
