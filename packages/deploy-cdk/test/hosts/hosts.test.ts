import { Match, type Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';

import { deploymentWith } from '../support/sample-deployment.ts';
import { isolatedProps, propsWith, release, templateOf } from '../support/sample-stack.ts';
import { userDataOf } from '../support/user-data.ts';

const LT = 'AWS::EC2::LaunchTemplate';
const ASG = 'AWS::AutoScaling::AutoScalingGroup';
const CONDITION = 'AWS::CloudFormation::WaitCondition';

/** Wait conditions or their handles, without dependencies. */
const conditionsOf = (template: Template, type: string) =>
  Object.entries(template.findResources(type)).map(([id, resource]): unknown => [
    id,
    (resource as { Properties: unknown }).Properties,
  ]);

describe('hosts', () => {
  const template = templateOf(
    isolatedProps({
      deployment: deploymentWith({ cloudWatch: {} }),
      hosts: {
        instanceType: 'm7g.large',
        image: { imageId: 'ami-0a1b2c3d4e5f67890', hasPackages: true },
        min: 3,
        max: 9,
        diskGb: 50,
        modelLoadSeconds: 25,
        firstBootMinutes: 20,
      },
    }),
  );
  const userData = userDataOf(template);

  it('serve metadata for session tokens only, one hop far, and without tags', () => {
    template.hasResourceProperties(LT, {
      LaunchTemplateData: {
        MetadataOptions: {
          HttpEndpoint: 'enabled',
          HttpTokens: 'required',
          HttpPutResponseHopLimit: 1,
          InstanceMetadataTags: 'disabled',
        },
      },
    });
  });

  it('have an encrypted gp3 volume of the size, metrics every minute, and the image', () => {
    template.hasResourceProperties(LT, {
      LaunchTemplateData: {
        BlockDeviceMappings: [
          {
            DeviceName: '/dev/xvda',
            Ebs: { Encrypted: true, VolumeType: 'gp3', VolumeSize: 50, DeleteOnTermination: true },
          },
        ],
        ...{ InstanceType: 'm7g.large', ImageId: 'ami-0a1b2c3d4e5f67890' },
        ...{ EbsOptimized: true, Monitoring: { Enabled: true } },
        KeyName: Match.absent(),
      },
    });
  });

  it('come from an explicit version of the launch template, in the isolated subnets', () => {
    const launchTemplate = Match.stringLikeRegexp('LaunchTemplate');
    template.hasResourceProperties(ASG, {
      ...{ MinSize: '3', MaxSize: '9', DesiredCapacity: Match.absent() },
      LaunchTemplate: { Version: { 'Fn::GetAtt': [launchTemplate, 'LatestVersionNumber'] } },
      VPCZoneIdentifier: [
        { Ref: Match.stringLikeRegexp('HostsSubnet1') },
        { Ref: Match.stringLikeRegexp('HostsSubnet2') },
      ],
    });
  });

  it('count 60 seconds after their models are loaded, and are replaced when the load balancer finds them unhealthy', () => {
    template.hasResourceProperties(ASG, {
      ...{ HealthCheckType: 'ELB,EBS', HealthCheckGracePeriod: 85, DefaultInstanceWarmup: 85 },
    });
  });

  it('take requests only after golden predictions, else they are abandoned', () => {
    const hook = {
      LifecycleHookName: 'golden-predictions',
      LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
      DefaultResult: 'ABANDON',
      HeartbeatTimeout: 1200,
    };
    template.hasResourceProperties(ASG, { LifecycleHookSpecificationList: [hook] });
    const [group] = Object.values(template.findResources(ASG));
    const { AutoScalingGroupName } = group?.Properties as { AutoScalingGroupName: string };
    expect(userData.settings.signals[0]).toEqual({
      ...{ group: AutoScalingGroupName, lifecycleHook: 'golden-predictions' },
      ...{ region: 'eu-central-1', endpoint: 'https://autoscaling.eu-central-1.amazonaws.com/' },
    });
  });

  it('are waited for until the first has signaled, before the stack is created', () => {
    template.hasResource(CONDITION, {
      Properties: { Count: 1, Timeout: '7200' },
      DependsOn: [Match.stringLikeRegexp('HostsGroup')],
    });
    expect(userData.settings.signals[1]).toEqual({
      url: { Ref: expect.stringMatching(/FirstSignal/) as string },
    });
  });

  it('keep the wait condition, which CloudFormation cannot update, with another number and time', () => {
    const other = templateOf(propsWith());
    for (const type of [CONDITION, `${CONDITION}Handle`]) {
      expect(conditionsOf(template, type)).toEqual(conditionsOf(other, type));
      other.resourceCountIs(type, 1);
    }
  });

  it('download the release by its digest, and the agents of AWS from its buckets', () => {
    expect(userData.config).toMatchObject({ package_update: false, packages: [] });
    expect(userData.settings).toMatchObject({
      digest: release.digest,
      parts: release.parts,
      source: {
        region: 'eu-central-1',
        object: `https://acme-shop-releases.s3.eu-central-1.amazonaws.com/releases/archives/${release.digest}.tar`,
      },
      agents: [
        {
          name: 'amazon-ssm-agent',
          url: 'https://s3.eu-central-1.amazonaws.com/amazon-ssm-eu-central-1/latest/debian_arm64/amazon-ssm-agent.deb',
        },
        {
          name: 'amazon-cloudwatch-agent',
          url: 'https://s3.eu-central-1.amazonaws.com/amazoncloudwatch-agent-eu-central-1/debian/arm64/latest/amazon-cloudwatch-agent.deb',
        },
      ],
    });
  });
});

describe('hosts of an image of Debian', () => {
  const template = templateOf(
    propsWith({
      deployment: deploymentWith({
        target: { nginx: '1.26.3' },
      }),
      hosts: { instanceType: 'm7i.large', min: 0 },
      release: {
        bucket: 'acme-shop-releases',
        prefix: 'shop/',
        release: { ...release, platform: 'linux-x64' },
        keyArn: 'arn:aws:kms:eu-central-1:111122223333:key/1',
      },
    }),
  );

  it('start the newest image of the Debian with that Nginx, for the processor', () => {
    template.hasParameter('*', {
      Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>',
      Default: '/aws/service/debian/release/13/latest/amd64',
    });
    expect(userDataOf(template).config).toMatchObject({
      package_update: true,
      packages: ['nginx', 'unattended-upgrades'],
    });
  });

  it('are not waited for when the group begins empty', () => {
    template.resourceCountIs(CONDITION, 0);
    template.resourceCountIs(`${CONDITION}Handle`, 0);
    template.hasResourceProperties(ASG, { MinSize: '0', MaxSize: '1' });
  });

  it('read releases below the prefix', () => {
    expect(JSON.stringify(template.toJSON())).toContain(`/shop/${release.digest}.tar`);
  });
});
