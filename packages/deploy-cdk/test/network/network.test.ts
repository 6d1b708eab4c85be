import { Template } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { App, Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';

import { ModelService } from '@fairlead/deploy-cdk';

import { connectionsOf } from '../support/connections.ts';
import { deploymentWith } from '../support/sample-deployment.ts';
import { isolatedProps, propsWith, templateOf } from '../support/sample-stack.ts';

describe('a network without a way to the internet', () => {
  const template = templateOf(
    isolatedProps({
      deployment: deploymentWith({
        gateway: {
          command: ['/opt/shop/current/bin/node', 'main.js'],
          service: { user: 'shop', secretsFile: '/etc/shop/pepper.env' },
        },
        secrets: [
          {
            name: 'pepper',
            from: { secretsManager: 'shop/pepper' },
            path: '/etc/shop/pepper.env',
            variable: 'PEPPER',
          },
        ],
      }),
    }),
  );

  it('has public subnets without public addresses, isolated subnets in two zones, and no NAT gateway', () => {
    template.resourceCountIs('AWS::EC2::Subnet', 4);
    template.allResourcesProperties('AWS::EC2::Subnet', { MapPublicIpOnLaunch: false });
    template.resourceCountIs('AWS::EC2::NatGateway', 0);
    const routes = template.findResources('AWS::EC2::Route');
    expect(Object.keys(routes).every((name) => name.includes('BalancerSubnet'))).toBe(true);
    template.hasResourceProperties('AWS::EC2::Subnet', {
      AvailabilityZone: { 'Fn::Select': [1, { 'Fn::GetAZs': '' }] },
    });
  });

  it('logs accepted and rejected connections for 30 days', () => {
    template.hasResourceProperties('AWS::EC2::FlowLog', {
      TrafficType: 'ALL',
      LogDestinationType: 'cloud-watch-logs',
    });
    template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 });
  });

  it('accepts 443 of clients at the load balancer, and the port of the deployment from it only; hosts send to port 443 only', () => {
    expect(connectionsOf(template)).toEqual([
      'BalancerGroup in: 0.0.0.0/0 tcp 443',
      'BalancerGroup out: HostGroup tcp 8080',
      // A group without a rule would allow everything.
      'EndpointGroup in: HostGroup tcp 443',
      'EndpointGroup out: 255.255.255.255/32 icmp 252-86',
      'HostGroup in: BalancerGroup tcp 8080',
      'HostGroup out: 0.0.0.0/0 tcp 443',
      'HostGroup out: EndpointGroup tcp 443',
    ]);
  });

  it('has endpoints of the services that hosts call, that of Secrets Manager because of a secret', () => {
    const endpoints = Object.values(template.findResources('AWS::EC2::VPCEndpoint'));
    const names = endpoints.map(({ Properties }) => {
      const { ServiceName, VpcEndpointType, PrivateDnsEnabled } = Properties as Record<
        string,
        unknown
      >;
      const service = JSON.stringify(ServiceName).replace(/.*\.([a-z0-9]+)".*/, '$1');
      return [service, VpcEndpointType, PrivateDnsEnabled];
    });
    expect(names.sort()).toEqual([
      ['autoscaling', 'Interface', true],
      ['logs', 'Interface', true],
      ['monitoring', 'Interface', true],
      ['s3', 'Gateway', undefined],
      ['secretsmanager', 'Interface', true],
      ['ssm', 'Interface', true],
      ['ssmmessages', 'Interface', true],
    ]);
  });

  it('allows at the endpoint of S3 what hosts may do, the agents of AWS and the first signals, and nothing else', () => {
    const [endpoint] = Object.values(
      template.findResources('AWS::EC2::VPCEndpoint', {
        Properties: { VpcEndpointType: 'Gateway' },
      }),
    );
    const { PolicyDocument } = endpoint?.Properties as {
      PolicyDocument: { Statement: { Action: unknown; Resource: unknown; Condition?: unknown }[] };
    };
    const statements = PolicyDocument.Statement.map(({ Action, Resource, Condition }) => [
      Action,
      JSON.stringify(Resource).match(/:s3:::[^"]+/g),
      Condition !== undefined,
    ]);
    const archive = `:s3:::acme-shop-releases/releases/archives/${'ab'.repeat(32)}.tar`;
    expect(statements).toEqual([
      ['s3:GetObject', [':s3:::amazon-ssm-', ':s3:::amazoncloudwatch-agent-'], false],
      ['s3:PutObject', [':s3:::cloudformation-waitcondition-'], false],
      ['s3:GetObject', [archive], true],
      [['s3:GetObject', 's3:PutObject'], [':s3:::acme-shop-releases/*'], true],
    ]);
  });

  it('exists with its endpoints before the first host', () => {
    const [group] = Object.values(template.findResources('AWS::AutoScaling::AutoScalingGroup'));
    const dependencies = JSON.stringify((group as { DependsOn: string[] }).DependsOn);
    for (const part of ['Endpointssm', 'VpcS3', 'RoleDefaultPolicy', 'LoadBalancerHttps']) {
      expect(dependencies).toContain(part);
    }
  });
});

describe('a network with NAT gateways', () => {
  const template = templateOf(
    propsWith({ network: { internetAccess: 'nat', maxAzs: 3, cidr: '10.0.0.0/16' } }),
  );

  it('has one in each zone, port 80 for packages of Debian, and no endpoint that costs', () => {
    template.resourceCountIs('AWS::EC2::NatGateway', 3);
    expect(connectionsOf(template)).toEqual([
      'BalancerGroup in: 0.0.0.0/0 tcp 443',
      'BalancerGroup out: HostGroup tcp 8080',
      'HostGroup in: BalancerGroup tcp 8080',
      'HostGroup out: 0.0.0.0/0 tcp 443',
      'HostGroup out: 0.0.0.0/0 tcp 80',
    ]);
    template.resourceCountIs('AWS::EC2::VPCEndpoint', 1);
    template.hasResourceProperties('AWS::EC2::VPCEndpoint', { VpcEndpointType: 'Gateway' });
    const [group] = Object.values(template.findResources('AWS::AutoScaling::AutoScalingGroup'));
    expect(JSON.stringify((group as { DependsOn: string[] }).DependsOn)).toContain('DefaultRoute');
  });
});

describe('a network that exists', () => {
  const imported = (isolatedSubnetIds?: string[], privateSubnetIds?: string[]) => {
    const stack = new Stack(new App(), 'Shop');
    const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-11111111',
      availabilityZones: ['a', 'b'],
      publicSubnetIds: ['subnet-11111111', 'subnet-22222222'],
      ...(isolatedSubnetIds && { isolatedSubnetIds }),
      ...(privateSubnetIds && { privateSubnetIds }),
    });
    return { stack, props: isolatedProps({ network: { vpc } }) };
  };

  it('keeps its subnets, routes and endpoints, and gets the groups only', () => {
    const { stack, props } = imported(['subnet-33333333', 'subnet-44444444']);
    const { network } = new ModelService(stack, 'Service', props);
    expect([network.hasInternet, network.s3Endpoint]).toEqual([false, undefined]);
    const template = Template.fromStack(stack);
    const ofNetwork = /^AWS::EC2::(?!LaunchTemplate)/;
    const { Resources } = template.toJSON() as { Resources: Record<string, { Type: string }> };
    const types = new Set(Object.values(Resources).map(({ Type }) => Type));
    expect([...types].filter((type) => ofNetwork.test(type)).toSorted()).toEqual([
      'AWS::EC2::SecurityGroup',
      'AWS::EC2::SecurityGroupEgress',
      'AWS::EC2::SecurityGroupIngress',
    ]);
    template.allResourcesProperties('AWS::EC2::SecurityGroup', { VpcId: 'vpc-11111111' });
    template.allResourcesProperties('AWS::ElasticLoadBalancingV2::TargetGroup', {
      VpcId: 'vpc-11111111',
    });
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', {
      Subnets: ['subnet-11111111', 'subnet-22222222'],
    });
    template.hasResourceProperties('AWS::AutoScaling::AutoScalingGroup', {
      VPCZoneIdentifier: ['subnet-33333333', 'subnet-44444444'],
    });
    expect(connectionsOf(template)).toEqual([
      'BalancerGroup in: 0.0.0.0/0 tcp 443',
      'BalancerGroup out: HostGroup tcp 8080',
      'HostGroup in: BalancerGroup tcp 8080',
      'HostGroup out: 0.0.0.0/0 tcp 443',
    ]);
  });

  it('has hosts in its private subnets without isolated ones, which install packages of Debian', () => {
    const { stack, props } = imported(undefined, ['subnet-55555555', 'subnet-66666666']);
    new ModelService(stack, 'Service', props);
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::AutoScaling::AutoScalingGroup', {
      VPCZoneIdentifier: ['subnet-55555555', 'subnet-66666666'],
    });
    expect(connectionsOf(template)).toContain('HostGroup out: 0.0.0.0/0 tcp 80');
  });

  it('is refused when it has no subnets for hosts', () => {
    const { stack, props } = imported();
    expect(() => new ModelService(stack, 'Service', props)).toThrow(/public subnets only/);
  });
});
