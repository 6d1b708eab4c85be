import { expect, test } from 'vitest';
import { stackRegion } from '../../src/deploy/stack-region.ts';

const group = { autoScalingGroup: 'shop' };
const ssm = { bucket: 'acme-deploy' };
const hosts = [{ url: 'ssm://i-0123456789abcdef0' }] as const;

test.each([
  [{ hosts: { ...group, region: 'eu-west-1' }, ssm }, 'eu-west-1'],
  [{ hosts: group, ssm: { ...ssm, region: 'eu-west-1' } }, 'eu-west-1'],
  [{ hosts, ssm: { ...ssm, region: 'eu-west-1' } }, 'eu-west-1'],
  [{ hosts, stack: { name: 'Shop', region: 'eu-west-1' } }, 'eu-west-1'],
  [{ hosts: group, ssm }, undefined],
])('the region of the stack with %j is %s', (environment, expected) => {
  expect(stackRegion({ environment: { stack: { name: 'Shop' }, ...environment } })).toBe(expected);
});
