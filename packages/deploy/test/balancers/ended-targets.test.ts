import type {
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { expect, it } from 'vitest';

import { endedTargets } from '../../src/target-group.ts';

const targetGroupArn =
  'arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/web/0123456789abcdef';

it('finds targets whose instance is stopped or terminated, all in one request', async () => {
  const reasons = {
    'i-1': undefined,
    'i-2': 'Target.InvalidState',
    'i-3': 'Target.FailedHealthChecks',
    'i-4': 'Target.NotInUse',
  };
  const requests: object[] = [];
  // moto finds every target healthy.
  const send = (command: DescribeTargetHealthCommand) => {
    requests.push(command.input);
    return Promise.resolve({
      TargetHealthDescriptions: Object.entries(reasons).map(([Id, Reason]) => ({
        ...{ Target: { Id }, TargetHealth: { Reason } },
      })),
    });
  };
  const client = { send } as unknown as ElasticLoadBalancingV2Client;
  const hasEnded = endedTargets({ client, targetGroupArn });
  const ids = [...Object.keys(reasons), 'i-drained'];
  expect(await Promise.all(ids.map(hasEnded))).toEqual([false, true, false, false, false]);
  expect(requests).toEqual([{ TargetGroupArn: targetGroupArn }]);
});
