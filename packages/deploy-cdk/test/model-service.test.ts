import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { expect, it } from 'vitest';

import { ModelService, type ModelServiceProps } from '@fairlead/deploy-cdk';
import { deployment } from './support/sample-deployment.ts';

const stackWith = (props: ModelServiceProps) => {
  const stack = new Stack(new App(), 'Shop');
  new ModelService(stack, 'Service', props);
  return stack;
};

it('creates subnets for the load balancer and for hosts in two Availability Zones', () => {
  const template = Template.fromStack(stackWith({ deployment }));
  template.resourceCountIs('AWS::EC2::Subnet', 4);
  template.resourceCountIs('AWS::EC2::NatGateway', 0);
  template.allResourcesProperties('AWS::EC2::Subnet', { MapPublicIpOnLaunch: false });
});

it('rejects an unknown property with the name that was probably meant', () => {
  const props = { deployment, netwrk: {} };
  expect(() => stackWith(props)).toThrow(
    expect.objectContaining({
      code: 'ERR_DEPLOY_CDK_INVALID_OPTION',
      message: expect.stringContaining('Did you mean `network`?') as string,
    }),
  );
});
