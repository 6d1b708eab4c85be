import type { BootRelease } from '@fairlead/deploy';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';

import { ModelService, type ModelServiceProps } from '@fairlead/deploy-cdk';

import { deployment } from './sample-deployment.ts';

/** Release as `readBootRelease` describes it. */
export const release: BootRelease = {
  digest: 'ab'.repeat(32),
  name: 'shop',
  platform: 'linux-arm64',
  parts: ['12'.repeat(32), '34'.repeat(32)],
  packages: ['nginx', 'unattended-upgrades'],
  goldenChecks: 2,
};

/** Smallest properties, with changes. */
export const propsWith = (changes: Partial<ModelServiceProps> = {}): ModelServiceProps => ({
  deployment,
  network: { internetAccess: 'nat' },
  hosts: { instanceType: 'm7g.large' },
  balancer: { certificateArn: 'arn:aws:acm:eu-central-1:111122223333:certificate/1234' },
  release: { bucket: 'acme-shop-releases', release },
  ...changes,
});

/** Properties of a service without a way to the internet. */
export const isolatedProps = (changes: Partial<ModelServiceProps> = {}): ModelServiceProps =>
  propsWith({
    network: {},
    hosts: {
      instanceType: 'm7g.large',
      image: { ssmParameter: '/shop/image', hasPackages: true },
    },
    ...changes,
  });

/** Service in a stack with an account and a region. */
export function serviceWith(props: ModelServiceProps, app = new App()) {
  const stack = new Stack(app, 'Shop', {
    env: { account: '111122223333', region: 'eu-central-1' },
  });
  return { app, stack, service: new ModelService(stack, 'Service', props) };
}

/** Template of a service. */
export const templateOf = (props: ModelServiceProps) =>
  Template.fromStack(serviceWith(props).stack);
