import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Peer } from 'aws-cdk-lib/aws-ec2';
import { describe, expect, it } from 'vitest';

import { Balancer, Network } from '@fairlead/deploy-cdk';

import { deploymentWith } from '../support/sample-deployment.ts';
import { propsWith, templateOf } from '../support/sample-stack.ts';

const certificateArn = 'arn:aws:acm:eu-central-1:111122223333:certificate/1234';

/** Attributes of a resource of Elastic Load Balancing. */
const attributes = (pairs: Record<string, string>) =>
  Object.entries(pairs).map(([Key, Value]) => Match.arrayWith([{ Key, Value }]));

describe('the load balancer', () => {
  const deployment = deploymentWith({
    timeouts: { requestMs: 70_000 },
    keepAlive: { clientMs: 90_000, nginxMs: 100_000 },
    grpc: { address: '0.0.0.0:8081' },
  });
  const template = templateOf(propsWith({ deployment }));
  const LB = 'AWS::ElasticLoadBalancingV2::LoadBalancer';
  const TG = 'AWS::ElasticLoadBalancingV2::TargetGroup';

  it('drops invalid headers, is strictest about desynchronization, is protected, and logs requests', () => {
    for (const LoadBalancerAttributes of attributes({
      'routing.http.drop_invalid_header_fields.enabled': 'true',
      'routing.http.desync_mitigation_mode': 'strictest',
      'deletion_protection.enabled': 'true',
      'access_logs.s3.enabled': 'true',
      // The idle timeout of the deployment.
      'idle_timeout.timeout_seconds': '90',
    })) {
      template.hasResourceProperties(LB, { Scheme: 'internet-facing', LoadBalancerAttributes });
    }
  });

  it('writes its log to the bucket of the access log, once that accepts it', () => {
    template.hasResource(LB, {
      Properties: {
        LoadBalancerAttributes: Match.arrayWith([
          {
            Key: 'access_logs.s3.bucket',
            Value: { Ref: Match.stringLikeRegexp('BalancerAccessLog') },
          },
        ]),
      },
      DependsOn: Match.arrayWith([Match.stringLikeRegexp('BalancerAccessLogPolicy')]),
    });
  });

  it('listens on 443 only, with TLS 1.2 and 1.3 with forward secrecy', () => {
    const listeners = Object.values(
      template.findResources('AWS::ElasticLoadBalancingV2::Listener'),
    );
    expect(listeners.map(({ Properties }) => Properties as object)).toEqual([
      expect.objectContaining({
        Port: 443,
        Protocol: 'HTTPS',
        SslPolicy: 'ELBSecurityPolicy-TLS13-1-2-Res-2021-06',
        Certificates: [{ CertificateArn: certificateArn }],
      }),
    ]);
  });

  it('checks readiness at the port of the deployment, and drains for its deregistration delay', () => {
    expect(deployment.timeouts.deregistrationMs).toBe(90_000);
    for (const TargetGroupAttributes of attributes({
      'deregistration_delay.timeout_seconds': '90',
      'load_balancing.algorithm.type': 'least_outstanding_requests',
    })) {
      template.hasResourceProperties(TG, {
        ...{ Port: 8080, Protocol: 'HTTP', ProtocolVersion: 'HTTP1', TargetType: 'instance' },
        HealthCheckPath: '/v2/health/ready',
        HealthCheckProtocol: 'HTTP',
        ...{ HealthCheckIntervalSeconds: 10, HealthCheckTimeoutSeconds: 5 },
        ...{ HealthyThresholdCount: 2, UnhealthyThresholdCount: 3 },
        Matcher: { HttpCode: '200' },
        TargetGroupAttributes,
      });
    }
  });

  it('sends gRPC to its port, and checks it by its health service', () => {
    template.hasResourceProperties(TG, {
      ...{ Port: 8081, Protocol: 'HTTP', ProtocolVersion: 'GRPC' },
      HealthCheckPath: '/grpc.health.v1.Health/Check',
      Matcher: { GrpcCode: '0' },
    });
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::ListenerRule', {
      Conditions: [
        {
          Field: 'http-header',
          HttpHeaderConfig: { HttpHeaderName: 'content-type', Values: ['application/grpc*'] },
        },
      ],
    });
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
      FromPort: 8081,
      ToPort: 8081,
    });
    template.hasResourceProperties('AWS::AutoScaling::AutoScalingGroup', {
      TargetGroupARNs: [Match.anyValue(), Match.anyValue()],
    });
  });

  it('writes its log to a bucket that is encrypted, private, deleted after 90 days, and reached by TLS only', () => {
    template.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Retain',
      Properties: {
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [
            { ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } },
          ],
        },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
        LifecycleConfiguration: { Rules: [Match.objectLike({ ExpirationInDays: 90 })] },
      },
    });
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Deny',
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          }),
          Match.objectLike({
            Effect: 'Allow',
            Action: 's3:PutObject',
            Principal: { Service: 'logdelivery.elasticloadbalancing.amazonaws.com' },
            Condition: { ArnLike: { 'aws:SourceArn': Match.anyValue() } },
          }),
        ]),
      },
    });
  });
});

describe('an internal load balancer', () => {
  it('is in the subnets of the hosts, for the networks of its clients, with TLS 1.3 alone', () => {
    const template = templateOf(
      propsWith({
        balancer: {
          certificateArn,
          internetFacing: false,
          clientNetworks: ['10.0.0.0/8'],
          minTls: '1.3',
          deletionProtection: false,
        },
      }),
    );
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', {
      Scheme: 'internal',
      Subnets: [
        { Ref: Match.stringLikeRegexp('HostsSubnet1') },
        { Ref: Match.stringLikeRegexp('HostsSubnet2') },
      ],
      LoadBalancerAttributes: Match.arrayWith([
        { Key: 'deletion_protection.enabled', Value: 'false' },
      ]),
    });
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', {
      SslPolicy: 'ELBSecurityPolicy-TLS13-1-3-2021-06',
    });
    template.hasResourceProperties('AWS::EC2::SecurityGroup', {
      SecurityGroupIngress: [
        Match.objectLike({ CidrIp: '10.0.0.0/8', FromPort: 443, ToPort: 443 }),
      ],
    });
  });
});

it('a load balancer behind CloudFront accepts connections of its prefix list only', () => {
  const stack = new Stack(new App(), 'Shop');
  const network = new Network(stack, 'Network', {});
  new Balancer(stack, 'Balancer', {
    ...{ deployment: deploymentWith(), network, options: { certificateArn } },
    clients: Peer.prefixList('pl-a3a144ca'),
  });
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
    ...{ SourcePrefixListId: 'pl-a3a144ca', FromPort: 443, ToPort: 443 },
    GroupId: { 'Fn::GetAtt': [Match.stringLikeRegexp('BalancerGroup'), 'GroupId'] },
  });
  expect(JSON.stringify(template.findResources('AWS::EC2::SecurityGroup'))).not.toContain(
    'SecurityGroupIngress',
  );
});
