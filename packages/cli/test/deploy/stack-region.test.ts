import { expect, test } from 'vitest';
import type { ChosenEnvironment } from '../../src/config/read-config.ts';
import { stackRegion } from '../../src/deploy/stack-region.ts';

const group = { autoScalingGroup: 'shop' };
const ssm = { bucket: 'acme-deploy' };

test.each([
  [{ hosts: { ...group, region: 'eu-west-1' }, ssm }, 'eu-west-1'],
  [{ hosts: group, ssm: { ...ssm, region: 'eu-west-1' } }, 'eu-west-1'],
  [{ hosts: [], ssm: { ...ssm, region: 'eu-west-1' } }, 'eu-west-1'],
  [{ hosts: [], stack: { name: 'Shop', region: 'eu-west-1' } }, 'eu-west-1'],
  [{ hosts: group, ssm }, undefined],
])('the region of the stack with %j is %s', (environment, expected) => {
  const chosen = { environment: { stack: { name: 'Shop' }, ...environment } };
  expect(stackRegion(chosen as unknown as ChosenEnvironment)).toBe(expected);
});
