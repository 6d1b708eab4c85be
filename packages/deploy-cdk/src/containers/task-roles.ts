import type { Deployment } from '@fairlead/deploy-config';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';

import type { Cache } from '../cache/cache.ts';
import { cacheSecrets } from '../cache/cache-secrets.ts';
import { imageStatements } from '../fargate/image-statements.ts';
import type { ContainersOptions } from './containers-options.ts';

import { secretStatements } from './task-secrets.ts';

/** Returns the permissions of ECS: it pulls images, reads secrets, with the address of the cache, and writes logs. */
export function executionStatements(
  deployment: Deployment,
  options: ContainersOptions,
  { cache, logs }: { readonly cache: Cache | undefined; readonly logs: readonly LogGroup[] },
): readonly PolicyStatement[] {
  return [
    ...imageStatements(options),
    // The cache allows its secrets, with their key.
    ...secretStatements(deployment, cache === undefined ? [] : cacheSecrets(deployment)),
    ...(cache?.statements ?? []),
    new PolicyStatement({
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      // A log stream follows the name of the group.
      resources: logs.map(({ logGroupArn }) => logGroupArn),
    }),
  ];
}
