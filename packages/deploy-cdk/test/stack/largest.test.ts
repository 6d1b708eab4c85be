import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { describe, expect, it } from 'vitest';

import { ModelService } from '@fairlead/deploy-cdk';

import { arguedWildcards } from '../support/argued-wildcards.ts';
import { lintFindings, nagFindings } from '../support/check-stack.ts';
import { deploymentWith } from '../support/sample-deployment.ts';
import { isolatedProps, release } from '../support/sample-stack.ts';
import { statementsOf } from '../support/statements.ts';

/** Both roads of updates, each with everything that can be turned on, in one stack. */
function largest() {
  const stack = new Stack(new App(), 'Shop');
  const deployment = deploymentWith({
    cloudWatch: {},
    grpc: { address: '0.0.0.0:8081' },
    gateway: {
      command: ['/opt/shop/current/bin/node', 'main.js'],
      service: { user: 'shop', secretsFile: '/etc/shop/a.env' },
    },
    secrets: [
      { name: 'a', from: { ssmParameter: '/shop/a' }, path: '/etc/shop/a.env', variable: 'A' },
      { name: 'b', from: { secretsManager: 'shop/b' }, path: '/etc/shop/a.env', variable: 'B' },
    ],
  });
  const diskKey = new Key(stack, 'Disks', { enableKeyRotation: true });
  const keyArn = 'arn:aws:kms:eu-central-1:111122223333:key/1';
  const props = isolatedProps({
    deployment,
    network: { maxAzs: 3 },
    hosts: {
      instanceType: 'm7g.large',
      image: { ssmParameter: '/shop/image', hasPackages: true },
      diskKey,
      scaling: {
        requestsPerSecond: 180,
        schedule: [{ cron: '0 7 * * MON-FRI', min: 4 }],
        predictive: 'forecast',
      },
    },
    release: { bucket: 'acme-shop-releases', release, keyArn },
  });
  new ModelService(stack, 'Immutable', props);
  new ModelService(stack, 'InPlace', {
    ...props,
    updates: { kind: 'inPlace', parameter: '/shop/release' },
    release: { bucket: 'acme-shop-releases', keyArn },
  });
  return stack;
}

describe('the largest configuration', () => {
  const before = process.cpuUsage();
  const stack = largest();
  const template = Template.fromStack(stack).toJSON();
  const { user, system } = process.cpuUsage(before);

  it('is synthesised in less than 15 seconds of processor time', () => {
    expect((user + system) / 1e6).toBeLessThan(15);
  });

  it('has no finding of cdk-nag', () => {
    expect(nagFindings(stack)).toEqual([]);
  });

  it('has no error and no warning of cfn-lint', async () => {
    expect(await lintFindings(template)).toEqual([]);
  });

  it('has no wildcard in a permission that is not argued, and no argument without one', () => {
    const wildcards = statementsOf(template).filter((text) => text.includes('*'));
    expect(
      wildcards.filter((text) => !arguedWildcards.some(([known]) => known.test(text))),
    ).toEqual([]);
    expect(
      arguedWildcards.filter(([known]) => !wildcards.some((text) => known.test(text))),
    ).toEqual([]);
  });

  it('gives no role a policy that AWS changes', () => {
    expect(JSON.stringify(template)).not.toContain('ManagedPolicyArns');
  });

  it('names no region and no account where the stack has none', () => {
    expect(JSON.stringify(template)).not.toMatch(/zz-region-1|signal\.invalid/);
  });
});
