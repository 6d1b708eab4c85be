import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import {
  ApplicationLoadBalancer,
  ApplicationProtocol,
  ApplicationTargetGroup,
  TargetType,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { expect, it } from 'vitest';

import { Edge, Firewall, type EdgeOptions } from '@fairlead/deploy-cdk';
import { checkStack } from '../support/check-stack.ts';
import { storedDeployment } from '../support/stored-deployment.ts';

const distribution = {
  domainNames: ['models.example.com'],
  certificateArn:
    'arn:aws:acm:us-east-1:111122223333:certificate/12345678-1234-1234-1234-123456789012',
} as const;

function addEdge(stack: Stack, options: EdgeOptions, deployment = storedDeployment()) {
  const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-0a1b2c3d',
    availabilityZones: ['us-east-1a', 'us-east-1b'],
    publicSubnetIds: ['subnet-0a1b2c3d', 'subnet-1a1b2c3d'],
  });
  const loadBalancer = new ApplicationLoadBalancer(stack, 'Balancer', {
    ...{ vpc, internetFacing: true },
    securityGroup: SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-0a1b2c3d'),
  });
  const targetGroup = new ApplicationTargetGroup(stack, 'Hosts', {
    ...{ vpc, port: 8080, protocol: ApplicationProtocol.HTTP, targetType: TargetType.INSTANCE },
  });
  const listener = loadBalancer.addListener('Https', {
    ...{ port: 443, open: false, defaultTargetGroups: [targetGroup] },
    certificates: [{ certificateArn: distribution.certificateArn }],
  });
  const origin = { loadBalancer, listener, targetGroup };
  return new Edge(stack, 'Edge', { deployment, origin, options });
}

function edgeWith(
  options: EdgeOptions,
  { region = 'us-east-1', deployment = storedDeployment() } = {},
) {
  const stack = new Stack(new App(), 'Shop', { env: { region, account: '111122223333' } });
  const edge = addEdge(stack, options, deployment);
  return { edge, template: Template.fromStack(stack) };
}

it('CloudFront speaks TLS 1.2 or newer with clients and with the load balancer', () => {
  const { template } = edgeWith({ distribution });
  template.hasResourceProperties('AWS::CloudFront::Distribution', {
    DistributionConfig: Match.objectLike({
      Aliases: ['models.example.com'],
      ViewerCertificate: Match.objectLike({
        MinimumProtocolVersion: 'TLSv1.2_2021',
        SslSupportMethod: 'sni-only',
      }),
      DefaultCacheBehavior: Match.objectLike({ ViewerProtocolPolicy: 'https-only' }),
      Origins: [
        Match.objectLike({
          CustomOriginConfig: Match.objectLike({
            OriginProtocolPolicy: 'https-only',
            OriginSSLProtocols: ['TLSv1.2'],
            // timeouts.nginxReadMs is 35 s, timeouts.marginMs 5 s.
            OriginReadTimeout: 40,
          }),
        }),
      ],
      WebACLId: { 'Fn::GetAtt': [Match.stringLikeRegexp('FirewallWebAcl'), 'Arn'] },
      Logging: Match.anyValue(),
    }),
  });
});

it('nothing is cached by default, and every method and header reaches the load balancer', () => {
  const { template } = edgeWith({ distribution });
  template.resourceCountIs('AWS::CloudFront::CachePolicy', 0);
  template.hasResourceProperties('AWS::CloudFront::Distribution', {
    DistributionConfig: Match.objectLike({
      CacheBehaviors: Match.absent(),
      DefaultCacheBehavior: Match.objectLike({
        AllowedMethods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE'],
        // The managed policies CachingDisabled and AllViewer.
        CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
        OriginRequestPolicyId: '216adef6-5c7f-47e4-b989-5492eafa07d3',
      }),
    }),
  });
});

it('paths that are cached need Cache-Control, and API keys never reach their origin', () => {
  const { template } = edgeWith({ distribution: { ...distribution, cachedPaths: ['/docs/*'] } });
  template.hasResourceProperties('AWS::CloudFront::CachePolicy', {
    CachePolicyConfig: Match.objectLike({
      ...{ MinTTL: 0, DefaultTTL: 0, MaxTTL: 86_400 },
      ParametersInCacheKeyAndForwardedToOrigin: Match.objectLike({
        HeadersConfig: { HeaderBehavior: 'whitelist', Headers: ['Host'] },
        CookiesConfig: { CookieBehavior: 'none' },
      }),
    }),
  });
  template.hasResourceProperties('AWS::CloudFront::OriginRequestPolicy', {
    OriginRequestPolicyConfig: Match.objectLike({
      HeadersConfig: { HeaderBehavior: 'allExcept', Headers: ['Authorization', 'X-Api-Key'] },
      CookiesConfig: { CookieBehavior: 'none' },
    }),
  });
  template.hasResourceProperties('AWS::CloudFront::Distribution', {
    DistributionConfig: Match.objectLike({
      CacheBehaviors: [
        Match.objectLike({ PathPattern: '/docs/*', AllowedMethods: ['GET', 'HEAD', 'OPTIONS'] }),
      ],
    }),
  });
});

it('the load balancer forwards requests with the secret of CloudFront only', () => {
  const { template } = edgeWith({ distribution });
  template.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', {
    DefaultActions: [
      Match.objectLike({
        Type: 'fixed-response',
        FixedResponseConfig: Match.objectLike({ StatusCode: '403' }),
      }),
    ],
  });
  const secret = { 'Fn::Join': ['', Match.arrayWith(['{{resolve:secretsmanager:'])] };
  template.hasResourceProperties('AWS::ElasticLoadBalancingV2::ListenerRule', {
    Priority: 1,
    Conditions: [
      {
        Field: 'http-header',
        HttpHeaderConfig: { HttpHeaderName: 'X-Fairlead-Origin', Values: [secret] },
      },
    ],
    Actions: [Match.objectLike({ Type: 'forward' })],
  });
  template.hasResourceProperties('AWS::CloudFront::Distribution', {
    DistributionConfig: Match.objectLike({
      Origins: [
        Match.objectLike({
          OriginCustomHeaders: [{ HeaderName: 'X-Fairlead-Origin', HeaderValue: secret }],
        }),
      ],
    }),
  });
});

it('WAF blocks an address above the limit of Nginx for a minute, and known attacks', () => {
  const { template } = edgeWith({ distribution });
  template.hasResourceProperties('AWS::WAFv2::WebACL', {
    Scope: 'CLOUDFRONT',
    DefaultAction: { Allow: {} },
    Rules: [
      Match.objectLike({
        Action: { Block: { CustomResponse: { ResponseCode: 429 } } },
        Statement: {
          RateBasedStatement: { AggregateKeyType: 'IP', Limit: 12_000, EvaluationWindowSec: 60 },
        },
      }),
      ...['AmazonIpReputationList', 'KnownBadInputsRuleSet', 'CommonRuleSet'].map((name) =>
        Match.objectLike({ Name: `AWSManagedRules${name}`, OverrideAction: { None: {} } }),
      ),
    ],
  });
});

it('WAF lets bodies of tensors and clients without User-Agent pass', () => {
  const { template } = edgeWith({});
  template.hasResourceProperties('AWS::WAFv2::WebACL', {
    Scope: 'REGIONAL',
    Rules: Match.arrayWith([
      Match.objectLike({
        Name: 'AWSManagedRulesCommonRuleSet',
        Statement: {
          ManagedRuleGroupStatement: Match.objectLike({
            RuleActionOverrides: [
              'SizeRestrictions_BODY',
              'GenericRFI_BODY',
              'NoUserAgent_HEADER',
            ].map((Name) => ({ Name, ActionToUse: { Count: {} } })),
          }),
        },
      }),
    ]),
  });
});

it('the log of WAF has no API keys', () => {
  const { template } = edgeWith({ firewall: { logDays: 90 } });
  template.hasResourceProperties('AWS::WAFv2::LoggingConfiguration', {
    RedactedFields: [
      { SingleHeader: { Name: 'authorization' } },
      { SingleHeader: { Name: 'x-api-key' } },
    ],
  });
  template.hasResourceProperties('AWS::Logs::LogGroup', {
    LogGroupName: 'aws-waf-logs-shop-regional',
    RetentionInDays: 90,
  });
});

it('without CloudFront, WAF is at the load balancer, whose listener stays as it is', () => {
  const { edge, template } = edgeWith({ firewall: { countOnly: true, requestsPerMinute: 6000 } });
  expect(edge.distribution).toBeUndefined();
  template.resourceCountIs('AWS::CloudFront::Distribution', 0);
  template.resourceCountIs('AWS::ElasticLoadBalancingV2::ListenerRule', 0);
  template.resourceCountIs('AWS::WAFv2::WebACLAssociation', 1);
  template.hasResourceProperties('AWS::WAFv2::WebACL', {
    Rules: [
      Match.objectLike({ Action: { Count: {} } }),
      ...Array.from({ length: 3 }, () => Match.objectLike({ OverrideAction: { Count: {} } })),
    ],
  });
});

it('the load balancer accepts connections of CloudFront only with its prefix list', () => {
  const options = { distribution: { ...distribution, originPrefixListId: 'pl-a3a144ca' } };
  expect(Edge.peerOfBalancer(options)?.toIngressRuleConfig()).toEqual({
    sourcePrefixListId: 'pl-a3a144ca',
  });
  expect(Edge.peerOfBalancer({ distribution })).toBeUndefined();
});

it.each([
  [
    'neither CloudFront nor WAF',
    { firewall: false as const },
    {},
    'neither firewall nor distribution',
  ],
  [
    'a certificate of another region',
    {
      distribution: {
        ...distribution,
        certificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/0a',
      },
    },
    {},
    'Option edge.distribution.certificateArn has',
  ],
  [
    'every path as cached',
    { distribution: { ...distribution, cachedPaths: ['/*'] } },
    {},
    'Option edge.distribution.cachedPaths has "/*"',
  ],
  [
    'WAF of CloudFront in another region',
    { distribution },
    { region: 'eu-central-1' },
    'exists in us-east-1 only, but the stack is in eu-central-1',
  ],
  [
    'requests that CloudFront ends first',
    { distribution },
    { deployment: storedDeployment({}, { timeouts: { requestMs: 60_000 } }) },
    'shorten timeouts.requestMs',
  ],
  [
    'gRPC beside CloudFront',
    { distribution },
    { deployment: storedDeployment({}, { grpc: { address: '0.0.0.0:8081' } }) },
    'but the deployment has grpc',
  ],
  ['a limit of a request a minute', { firewall: { requestsPerMinute: 1 } }, {}, 'is 1'],
])('rejects %s', (_, options, more, message) => {
  expect(() => edgeWith(options, more)).toThrow(
    expect.objectContaining({
      code: 'ERR_DEPLOY_CDK_INVALID_OPTION',
      message: expect.stringContaining(message) as string,
    }),
  );
});

it('a distribution of another region takes the web ACL of a stack in us-east-1', () => {
  const webAclArn = 'arn:aws:wafv2:us-east-1:111122223333:global/webacl/shop/0a1b';
  const options = { distribution: { ...distribution, webAclArn } };
  const { template } = edgeWith(options, { region: 'eu-central-1' });
  template.resourceCountIs('AWS::WAFv2::WebACL', 0);
  template.hasResourceProperties('AWS::CloudFront::Distribution', {
    DistributionConfig: Match.objectLike({ WebACLId: webAclArn }),
  });
});

it('cdk-nag and cfn-lint find nothing in CloudFront and WAF', async () => {
  const problems = await checkStack((stack) => {
    const options = { distribution: { ...distribution, cachedPaths: ['/docs/*'] } };
    const { distribution: created } = addEdge(stack, options);
    expect(created).toBeDefined();
    new Firewall(stack, 'Other', { deployment: storedDeployment(), scope: 'REGIONAL' });
  }, 'us-east-1');
  const isOfEdge = (problem: string) => !/ (?:Shop\/Balancer)/.test(problem);
  expect({ ...problems, nag: problems.nag.filter(isOfEdge) }).toEqual({ nag: [], lint: [] });
}, 120_000);
