import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { describe, expect, it } from 'vitest';

import { ModelService } from '@fairlead/deploy-cdk';

import { deploymentWith } from '../support/sample-deployment.ts';
import { isolatedProps, release } from '../support/sample-stack.ts';
import { policyTexts, readable, trustOf } from '../support/statements.ts';

const file = { path: '/etc/shop/a.env' };
const deployment = deploymentWith({
  cloudWatch: {},
  gateway: {
    command: ['/opt/shop/current/bin/node', 'main.js'],
    service: { user: 'shop', secretsFile: file.path },
    environment: { FAIRLEAD_CLOUDWATCH_NAMESPACE: 'Shop' },
  },
  secrets: [
    { ...file, name: 'a', from: { ssmParameter: '/shop/a:3' }, variable: 'A' },
    { ...file, name: 'b', from: { secretsManager: 'shop/b' }, variable: 'B' },
    { ...file, name: 'c', from: { ssmParameter: '/shop/c', region: 'us-east-1' }, variable: 'C' },
    { ...file, name: 'd', from: { secretsManager: 'shop/d', region: 'us-east-1' }, variable: 'D' },
  ],
});
const keyArn = 'arn:aws:kms:eu-central-1:111122223333:key/12345678-1234-1234-1234-123456789012';

describe('the launch template', () => {
  const stack = new Stack(new App(), 'Shop');
  const diskKey = new Key(stack, 'Disks');
  new ModelService(stack, 'Service', {
    ...isolatedProps({ deployment, watching: {} }),
    hosts: {
      instanceType: 'm7g.large',
      image: { ssmParameter: '/shop/image', hasPackages: true },
      diskKey,
    },
    release: { bucket: 'acme-shop-releases', prefix: 'shop/', release, keyArn },
  });
  const template = Template.fromStack(stack);
  const [found] = Object.values(template.findResources('AWS::EC2::LaunchTemplate'));
  const { LaunchTemplateData: data } = (
    found as { Properties: { LaunchTemplateData: Record<string, unknown> } }
  ).Properties;

  it('puts hosts into the group of hosts alone', () => {
    expect(readable(data.SecurityGroupIds)).toBe('[<ServiceNetworkHostGroup.GroupId>]');
    expect(data).not.toHaveProperty('NetworkInterfaces');
  });

  it('gives hosts the role of hosts, which EC2 alone assumes', () => {
    expect(readable(data.IamInstanceProfile)).toBe('Arn <ServiceHostsLaunchTemplateProfile.Arn>');
    const [profile] = Object.values(template.findResources('AWS::IAM::InstanceProfile'));
    expect(readable(profile?.Properties)).toBe('Roles [<ServiceHostsRole>]');
    expect(trustOf(template, /HostsRole/)).toEqual(['Service ec2.amazonaws.com sts:AssumeRole']);
    template.allResourcesProperties('AWS::IAM::Role', { ManagedPolicyArns: Match.absent() });
  });

  it('encrypts the disk with the key of the option', () => {
    expect(readable(data.BlockDeviceMappings)).toBe(
      '[DeviceName /dev/xvda, Ebs DeleteOnTermination true, Encrypted true, KmsKeyId <Disks.Arn>, VolumeSize 20, VolumeType gp3]',
    );
  });

  it('gives the role of hosts these statements and no other', () => {
    const aws = 'arn:<AWS::Partition>';
    const here = '<AWS::Region>:<AWS::AccountId>';
    const logs = ['gateway', 'nginx-error', 'nginx-access'].map(
      (name) => `${aws}:logs:${here}:log-group:/shop/${name}`,
    );
    expect(policyTexts(template, /HostsRole/)).toEqual([
      'ssm:UpdateInstanceInformation ssmmessages:CreateControlChannel ssmmessages:CreateDataChannel ssmmessages:OpenControlChannel ssmmessages:OpenDataChannel on *',
      `s3:GetObject on ${aws}:s3:::acme-shop-releases/shop/${release.digest}.tar`,
      `kms:Decrypt on ${keyArn} if StringEquals kms:ViaService s3.<AWS::Region>.<AWS::URLSuffix>`,
      `ssm:GetParameter on ${aws}:ssm:${here}:parameter/shop/a ${aws}:ssm:us-east-1:<AWS::AccountId>:parameter/shop/c`,
      `secretsmanager:GetSecretValue on ${aws}:secretsmanager:${here}:secret:shop/b-?????? ${aws}:secretsmanager:us-east-1:<AWS::AccountId>:secret:shop/d-??????`,
      `autoscaling:CompleteLifecycleAction on ${aws}:autoscaling:${here}:autoScalingGroup:*:autoScalingGroupName/Shop-ShopService3AD7A0C4-Hosts`,
      'cloudwatch:PutMetricData on * if StringEquals cloudwatch:namespace [Shop Fairlead/Host]',
      'ec2:DescribeTags on *',
      `logs:DescribeLogStreams logs:PutRetentionPolicy on ${logs.map((arn) => `${arn}:*`).join(' ')}`,
      `logs:CreateLogStream logs:PutLogEvents on ${logs.map((arn) => `${arn}:log-stream:*`).join(' ')}`,
    ]);
  });
});
