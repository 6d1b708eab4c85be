import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { expect, it } from 'vitest';

import { Cache, type CacheOptions } from '@fairlead/deploy-cdk';
import { checkStack } from '../support/check-stack.ts';
import { storedDeployment } from '../support/stored-deployment.ts';

const path = '/etc/shop/cache.env';
const secret = (from: { secretsManager: string; key?: string }, variable = 'FAIRLEAD_REDIS_URL') =>
  [{ name: 'cache', from, path, variable }] as const;
const withSecrets = (secrets: ReturnType<typeof secret> | undefined) =>
  storedDeployment(
    {},
    {
      ...(secrets && {
        secrets,
        gateway: {
          command: ['/opt/shop/current/bin/node', '/opt/shop/current/gateway/dist/main.js'],
          service: { user: 'shop', secretsFile: path },
        },
      }),
    },
  );

const vpcOf = (stack: Stack) =>
  Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-0a1b2c3d',
    availabilityZones: ['eu-central-1a', 'eu-central-1b'],
    isolatedSubnetIds: ['subnet-0a', 'subnet-0b'],
  });

function addCache(stack: Stack, options: CacheOptions = {}, secrets = secrets0) {
  const vpc = vpcOf(stack);
  const hosts = new SecurityGroup(stack, 'Hosts', { vpc, allowAllOutbound: false });
  const network = { vpc, hostSubnets: { subnets: vpc.isolatedSubnets } };
  return new Cache(stack, 'Cache', { deployment: withSecrets(secrets), network, hosts, options });
}
const secrets0: ReturnType<typeof secret> | undefined = secret({ secretsManager: 'shop/cache' });

function cacheWith(options?: CacheOptions, secrets = secrets0) {
  const stack = new Stack(new App(), 'Shop');
  const cache = addCache(stack, options, secrets);
  return { stack, cache, template: Template.fromStack(stack) };
}

it('the nodes are encrypted at rest and in transit, and need a password', () => {
  const { template } = cacheWith();
  template.hasResourceProperties('AWS::ElastiCache::ReplicationGroup', {
    Engine: 'valkey',
    AtRestEncryptionEnabled: true,
    KmsKeyId: { 'Fn::GetAtt': [Match.stringLikeRegexp('CacheKey'), 'Arn'] },
    TransitEncryptionEnabled: true,
    TransitEncryptionMode: 'required',
    AuthToken: { 'Fn::Join': ['', Match.arrayWith(['{{resolve:secretsmanager:'])] },
    MultiAZEnabled: true,
    AutomaticFailoverEnabled: true,
    NumCacheClusters: 2,
    Port: 6380,
  });
});

it.each([
  ['FAIRLEAD_REDIS_URL', 'allkeys-lru'],
  ['FAIRLEAD_LIMITS_REDIS_URL', 'noeviction'],
])('a full cache for %s follows the policy %s', (variable, policy) => {
  const { template } = cacheWith({}, secret({ secretsManager: 'shop/cache' }, variable));
  template.hasResourceProperties('AWS::ElastiCache::ParameterGroup', {
    Properties: { 'maxmemory-policy': policy },
  });
});

it('only the hosts reach the nodes, at one port', () => {
  const { template } = cacheWith({ port: 7000 });
  template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 1);
  template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
    FromPort: 7000,
    ToPort: 7000,
    IpProtocol: 'tcp',
    SourceSecurityGroupId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Hosts'), 'GroupId'] },
  });
});

it('hosts read the address with TLS and password from the secret that the deployment names', () => {
  const { template, cache, stack } = cacheWith();
  template.hasResourceProperties('AWS::SecretsManager::Secret', {
    Name: 'shop/cache',
    SecretString: {
      'Fn::Join': ['', Match.arrayWith([Match.stringLikeRegexp('^rediss://:\\{\\{resolve:')])],
    },
  });
  expect(cache.statements.map((each) => stack.resolve(each.toStatementJson()) as unknown)).toEqual([
    {
      Effect: 'Allow',
      Action: 'secretsmanager:GetSecretValue',
      Resource: { Ref: expect.stringMatching(/Addressshopcache/) as string },
    },
    expect.objectContaining({ Action: 'kms:Decrypt' }),
  ]);
});

it.each([
  ['a deployment without a secret', {}, undefined, 'variable: "FAIRLEAD_REDIS_URL"'],
  [
    'a secret that is a member of another',
    {},
    secret({ secretsManager: 'shop/all', key: 'cache' }),
    'without a key',
  ],
  ['a type of EC2', { nodeType: 't4g.small' }, secrets0, 'such as "cache.t4g.small"'],
  ['a single node', { nodes: 1 }, secrets0, 'Option cache.nodes is 1'],
])('rejects %s', (_, options, secrets, message) => {
  expect(() => {
    const stack = new Stack(new App(), 'Shop');
    new Cache(stack, 'Cache', {
      deployment: withSecrets(secrets),
      network: { vpc: vpcOf(stack), hostSubnets: {} },
      hosts: SecurityGroup.fromSecurityGroupId(stack, 'Hosts', 'sg-0a'),
      options,
    });
  }).toThrow(
    expect.objectContaining({
      code: 'ERR_DEPLOY_CDK_INVALID_OPTION',
      message: expect.stringContaining(message) as string,
    }),
  );
});

it('cdk-nag and cfn-lint find nothing in the cache', async () => {
  expect(await checkStack((stack) => void addCache(stack))).toEqual({ nag: [], lint: [] });
}, 120_000);
