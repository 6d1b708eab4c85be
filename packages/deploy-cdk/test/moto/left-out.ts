import { expect } from 'vitest';

import { readable } from '../support/statements.ts';

type Properties = Readonly<Record<string, unknown>>;

const isPolicyForTls = (properties: Properties) => {
  expect(readable(properties.PolicyDocument)).toMatch(
    /Bool aws:SecureTransport false, Effect Deny/,
  );
};
const exists = (...names: readonly string[]) => {
  return (properties: Properties) => {
    for (const name of names) expect(properties).toHaveProperty([name]);
  };
};

/** Types that moto leaves out though it reports CREATE_COMPLETE, each with what its resources in the template must have. */
export const leftOut: Readonly<Record<string, (properties: Properties) => void>> = {
  'AWS::AutoScaling::ScalingPolicy': ({ PolicyType, AutoScalingGroupName }) => {
    expect(['TargetTrackingScaling', 'SimpleScaling', 'PredictiveScaling']).toContain(PolicyType);
    expect(readable(AutoScalingGroupName)).toMatch(/HostsGroup/);
  },
  'AWS::Backup::BackupPlan': ({ BackupPlan }) => {
    expect(readable(BackupPlan)).toMatch(/DeleteAfterDays 35/);
  },
  'AWS::Backup::BackupSelection': exists('BackupPlanId', 'BackupSelection'),
  'AWS::Backup::BackupVault': ({ EncryptionKeyArn }) => {
    expect(readable(EncryptionKeyArn)).toMatch(/BackupKey/);
  },
  'AWS::Batch::ComputeEnvironment': ({ ComputeResources }) => {
    expect(readable(ComputeResources)).toMatch(/SecurityGroupIds \[<ServiceBatchGroup.GroupId>\]/);
  },
  'AWS::Batch::JobDefinition': ({ ContainerProperties }) => {
    expect(ContainerProperties).toMatchObject({
      ...{ User: '10001:10001', NetworkConfiguration: { AssignPublicIp: 'DISABLED' } },
    });
  },
  'AWS::Batch::JobQueue': ({ State }) => {
    expect(State).toBe('ENABLED');
  },
  'AWS::CloudFormation::WaitCondition': ({ Count }) => {
    expect(Count).toBe(1);
  },
  'AWS::CloudFormation::WaitConditionHandle': () => undefined,
  'AWS::CloudFront::CachePolicy': ({ CachePolicyConfig }) => {
    expect(CachePolicyConfig).toMatchObject({ MinTTL: 0, DefaultTTL: 0 });
  },
  'AWS::CloudFront::Distribution': ({ DistributionConfig }) => {
    expect(DistributionConfig).toMatchObject({
      DefaultCacheBehavior: { ViewerProtocolPolicy: 'https-only' },
      ViewerCertificate: { MinimumProtocolVersion: 'TLSv1.2_2021' },
    });
    expect(readable(DistributionConfig)).toMatch(/WebACLId <ServiceEdgeFirewallWebAcl.Arn>/);
  },
  'AWS::CloudFront::OriginRequestPolicy': ({ OriginRequestPolicyConfig }) => {
    expect(readable(OriginRequestPolicyConfig)).toMatch(/\[Authorization X-Api-Key\]/);
  },
  'AWS::CloudWatch::Alarm': (properties) => {
    exists('AlarmActions', 'Threshold', 'TreatMissingData')(properties);
    const setsOffScaling = readable(properties.AlarmActions).includes('ScaleInPolicy');
    expect('OKActions' in properties).toBe(!setsOffScaling);
  },
  'AWS::CloudWatch::CompositeAlarm': exists('AlarmActions', 'AlarmRule'),
  'AWS::EC2::SecurityGroupEgress': ({ FromPort, DestinationSecurityGroupId }) => {
    expect([443, 6380, 8080, 8081]).toContain(FromPort);
    expect(DestinationSecurityGroupId).toBeDefined();
  },
  'AWS::EC2::SecurityGroupIngress': ({ SourceSecurityGroupId, SourcePrefixListId, FromPort }) => {
    // Only the one with a list of networks is left out.
    if (SourceSecurityGroupId === undefined) {
      expect([SourcePrefixListId, FromPort]).toEqual(['pl-a3a144ca', 443]);
    }
  },
  'AWS::ElastiCache::ParameterGroup': ({ Properties }) => {
    expect(Properties).toEqual({ 'maxmemory-policy': 'allkeys-lru' });
  },
  'AWS::ElastiCache::ReplicationGroup': (properties) => {
    expect(properties).toMatchObject({
      ...{ AtRestEncryptionEnabled: true, TransitEncryptionEnabled: true },
      ...{ TransitEncryptionMode: 'required', MultiAZEnabled: true },
    });
    exists('AuthToken', 'KmsKeyId', 'SecurityGroupIds')(properties);
  },
  'AWS::ElastiCache::SubnetGroup': ({ SubnetIds }) => {
    expect(SubnetIds).toHaveLength(3);
  },
  'AWS::IAM::OIDCProvider': ({ ClientIdList }) => {
    expect(ClientIdList).toEqual(['sts.amazonaws.com']);
  },
  'AWS::S3::BucketPolicy': isPolicyForTls,
  'AWS::SNS::Subscription': ({ Protocol }) => {
    expect(Protocol).toBe('email');
  },
  'AWS::SNS::TopicPolicy': isPolicyForTls,
  'AWS::SQS::QueuePolicy': isPolicyForTls,
  'AWS::SecretsManager::Secret': exists('KmsKeyId'),
  'AWS::WAFv2::LoggingConfiguration': ({ RedactedFields }) => {
    expect(readable(RedactedFields)).toMatch(/authorization.*x-api-key/);
  },
  'AWS::WAFv2::WebACL': ({ Rules }) => {
    expect(readable(Rules)).toMatch(/RequestsOfAnAddress.*AWSManagedRulesCommonRuleSet/);
  },
  'AWS::WAFv2::WebACLAssociation': ({ ResourceArn }) => {
    expect(readable(ResourceArn)).toMatch(/GrpcBalancerLoadBalancer/);
  },
};

const attribute = (name: string, value: string) => `Key ${name}, Value ${value}`;

/** Properties that moto leaves out of resources that it creates, by type. */
export const leftOutProperties: Readonly<
  Record<string, (properties: Properties, id: string) => void>
> = {
  'AWS::AutoScaling::AutoScalingGroup': (properties) => {
    expect(properties).toMatchObject({
      DefaultInstanceWarmup: 120,
      LifecycleHookSpecificationList: [
        { LifecycleHookName: 'golden-predictions', DefaultResult: 'ABANDON' },
      ],
    });
  },
  'AWS::ElasticLoadBalancingV2::LoadBalancer': ({ LoadBalancerAttributes }) => {
    const text = readable(LoadBalancerAttributes);
    expect(text).toMatch(/Key access_logs.s3.bucket, Value <\w+BalancerAccessLog>/);
    expect(text).toContain(attribute('deletion_protection.enabled', 'true'));
    expect(text).toContain(attribute('routing.http.drop_invalid_header_fields.enabled', 'true'));
    expect(text).toContain(attribute('routing.http.desync_mitigation_mode', 'strictest'));
  },
  'AWS::ElasticLoadBalancingV2::TargetGroup': ({
    Port,
    ProtocolVersion,
    TargetGroupAttributes,
  }) => {
    expect(ProtocolVersion).toBe(Port === 8081 ? 'GRPC' : 'HTTP1');
    const text = readable(TargetGroupAttributes);
    expect(text).toContain(attribute('deregistration_delay.timeout_seconds', '50'));
    expect(text).toContain(
      attribute('load_balancing.algorithm.type', 'least_outstanding_requests'),
    );
  },
  'AWS::Logs::LogGroup': ({ LogGroupName, KmsKeyId }) => {
    if (String(LogGroupName).startsWith('/')) {
      expect(readable(KmsKeyId)).toMatch(/WatchingNoticesKey|BatchLogKey/);
    }
  },
  'AWS::S3::Bucket': (properties, id) => {
    expect(properties.PublicAccessBlockConfiguration).toEqual({
      ...{ BlockPublicAcls: true, BlockPublicPolicy: true },
      ...{ IgnorePublicAcls: true, RestrictPublicBuckets: true },
    });
    expect(properties).toHaveProperty('LifecycleConfiguration');
    if (id.includes('Log')) return;
    expect(properties).toMatchObject({ VersioningConfiguration: { Status: 'Enabled' } });
    expect(properties).toHaveProperty('LoggingConfiguration');
    expect(readable(properties.BucketEncryption)).toMatch(/BucketKeyEnabled true/);
    const isReplicated = /models|Releases/.test(id);
    expect('ReplicationConfiguration' in properties).toBe(isReplicated);
  },
};
