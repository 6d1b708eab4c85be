import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { expect, it } from 'vitest';

import { CiRole, Storage, type CiRoleOptions } from '@fairlead/deploy-cdk';
import { checkStack } from '../support/check-stack.ts';
import { storedDeployment } from '../support/stored-deployment.ts';

const github = { repository: 'acme/shop', environment: 'production' };
const targetGroupArns = ['http', 'grpc'].map(
  (name) =>
    `arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/${name}/0123456789abcdef`,
);
const repositoryArns = ['arn:aws:ecr:eu-central-1:111122223333:repository/shop-gateway'];
const releaseParameterArn = 'arn:aws:ssm:eu-central-1:111122223333:parameter/shop/release';

function addRole(stack: Stack, options: CiRoleOptions, { isStored = true } = {}) {
  const deployment = storedDeployment(isStored ? {} : { FAIRLEAD_REGISTRY: '/var/lib/registry' });
  const storage = isStored ? new Storage(stack, 'Storage', { deployment }) : undefined;
  return new CiRole(stack, 'CiRole', {
    ...{ deployment, options, storage },
    ...{ autoScalingGroup: 'shop', targetGroupArns, releaseParameterArn },
    repositoryArns: options.permissions?.includes('images') === true ? repositoryArns : undefined,
  });
}

function roleWith(options: CiRoleOptions, more?: { isStored: boolean }) {
  const stack = new Stack(new App(), 'Shop');
  addRole(stack, options, more);
  return Template.fromStack(stack);
}

/** Actions of the role, without those of other policies. */
function actionsOf(template: Template): string[] {
  const policies = Object.entries(template.findResources('AWS::IAM::Policy')) as [
    string,
    { Properties: { PolicyDocument: { Statement: { Action: string | string[] }[] } } },
  ][];
  return policies
    .filter(([id]) => id.startsWith('CiRole'))
    .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement)
    .flatMap(({ Action }) => Action)
    .toSorted();
}

it('trusts tokens of one repository and environment of GitHub', () => {
  const template = roleWith({ github });
  template.hasResourceProperties('AWS::IAM::OIDCProvider', {
    Url: 'https://token.actions.githubusercontent.com',
    ClientIdList: ['sts.amazonaws.com'],
  });
  template.hasResourceProperties('AWS::IAM::Role', {
    MaxSessionDuration: 7200,
    AssumeRolePolicyDocument: Match.objectLike({
      Statement: [
        {
          Effect: 'Allow',
          Action: 'sts:AssumeRoleWithWebIdentity',
          Principal: { Federated: { 'Fn::GetAtt': [Match.stringLikeRegexp('Provider'), 'Arn'] } },
          Condition: {
            StringEquals: {
              'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
              'token.actions.githubusercontent.com:sub': 'repo:acme/shop:environment:production',
            },
          },
        },
      ],
    }),
  });
});

it('trusts tokens of one project and branch of GitLab', () => {
  const gitlab = { project: 'acme/ml/shop', url: 'https://gitlab.example.com' };
  roleWith({ gitlab }).hasResourceProperties('AWS::IAM::Role', {
    AssumeRolePolicyDocument: Match.objectLike({
      Statement: [
        Match.objectLike({
          Condition: {
            StringEquals: {
              'gitlab.example.com:aud': 'sts.amazonaws.com',
              'gitlab.example.com:sub': 'project_path:acme/ml/shop:ref_type:branch:ref:main',
            },
          },
        }),
      ],
    }),
  });
});

it('an account that has the provider gets no second one', () => {
  const providerArn = 'arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com';
  const template = roleWith({ github, providerArn });
  template.resourceCountIs('AWS::IAM::OIDCProvider', 0);
  expect(JSON.stringify(template.findResources('AWS::IAM::Role'))).toContain(providerArn);
});

it.each([
  [['stack'], ['sts:AssumeRole']],
  [
    ['plan'],
    [
      'cloudformation:CreateChangeSet',
      'cloudformation:DeleteChangeSet',
      'cloudformation:DescribeChangeSet',
      'cloudformation:DescribeStackDriftDetectionStatus',
      'cloudformation:DescribeStackResourceDrifts',
      'cloudformation:DescribeStacks',
      'cloudformation:DetectStackDrift',
      'cloudformation:GetTemplate',
    ],
  ],
  [
    ['releases'],
    [
      'kms:Decrypt',
      'kms:GenerateDataKey',
      's3:AbortMultipartUpload',
      's3:GetObject',
      's3:ListBucket',
      's3:PutObject',
    ],
  ],
  [
    ['images'],
    [
      'ecr:BatchCheckLayerAvailability',
      'ecr:BatchGetImage',
      'ecr:CompleteLayerUpload',
      'ecr:GetAuthorizationToken',
      'ecr:InitiateLayerUpload',
      'ecr:PutImage',
      'ecr:UploadLayerPart',
    ],
  ],
  [
    ['hosts'],
    [
      'autoscaling:CreateOrUpdateTags',
      'autoscaling:DeleteTags',
      'autoscaling:DescribeAutoScalingGroups',
      'autoscaling:DescribeInstanceRefreshes',
      'autoscaling:ResumeProcesses',
      'autoscaling:SuspendProcesses',
      'elasticloadbalancing:DeregisterTargets',
      'elasticloadbalancing:DescribeTargetGroups',
      'elasticloadbalancing:DescribeTargetHealth',
      'elasticloadbalancing:RegisterTargets',
      'kms:Decrypt',
      'kms:GenerateDataKey',
      's3:DeleteObject',
      's3:GetObject',
      's3:PutObject',
      'ssm:CancelCommand',
      'ssm:GetCommandInvocation',
      'ssm:GetParameter',
      'ssm:PutParameter',
      'ssm:SendCommand',
      'ssm:SendCommand',
    ],
  ],
  [
    ['models'],
    [
      'kms:Decrypt',
      'kms:GenerateDataKey',
      's3:AbortMultipartUpload',
      's3:DeleteObject',
      's3:GetObject',
      's3:ListBucket',
      's3:ListBucketMultipartUploads',
      's3:ListMultipartUploadParts',
      's3:PutObject',
    ],
  ],
] as const)('permission %s allows these actions and no other', (permissions, expected) => {
  expect(actionsOf(roleWith({ github, permissions }))).toEqual(expected);
});

it('a request for a release that is not stored yet is answered with 404: nothing limits s3:ListBucket to a prefix', () => {
  const template = roleWith({ github, permissions: ['releases', 'models'] });
  const text = JSON.stringify(template.findResources('AWS::IAM::Policy'));
  expect(text).toContain('s3:ListBucket');
  expect(text).not.toContain('s3:prefix');
});

it('the role of the stack assumes the roles of the bootstrap, and no other', () => {
  const template = roleWith({ github, permissions: ['stack'], bootstrapQualifier: 'acme' });
  const [policy] = Object.values(
    template.findResources('AWS::IAM::Policy', {
      Properties: { PolicyName: Match.stringLikeRegexp('CiRole') },
    }),
  );
  const text = JSON.stringify(policy);
  for (const name of ['deploy', 'file-publishing', 'lookup']) {
    expect(text).toContain(`:role/cdk-acme-${name}-role-`);
  }
  expect(text).not.toContain('*');
});

it('the role of a service with images updates the stack and pushes images, unless it has other permissions', () => {
  const stack = new Stack(new App(), 'Shop');
  const options = { github };
  const deployment = storedDeployment();
  new CiRole(stack, 'CiRole', { deployment, options, repositoryArns });
  const actions = actionsOf(Template.fromStack(stack));
  expect(actions).toContain('ecr:PutImage');
  expect(actions).toContain('sts:AssumeRole');
  expect(actions.filter((action) => action.startsWith('s3:'))).toEqual([]);
});

it('hosts have no images that a pipeline could push', () => {
  const stack = new Stack(new App(), 'Shop');
  const options = { github, permissions: ['images'] } as const;
  const deployment = storedDeployment();
  expect(() => new CiRole(stack, 'CiRole', { deployment, options })).toThrow(
    'Option ciRole.permissions has "images", but hosts run releases',
  );
});

it('commands are sent to instances of the Auto Scaling group only', () => {
  roleWith({ github, permissions: ['hosts'] }).hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: Match.objectLike({
      Statement: Match.arrayWith([
        Match.objectLike({
          Action: 'ssm:SendCommand',
          Condition: {
            StringEquals: { 'ssm:resourceTag/aws:autoscaling:groupName': 'shop' },
          },
        }),
      ]),
    }),
  });
});

/** Resources of S3 that the role may read or write, as text. */
function objectsOf(template: Template): readonly string[] {
  const policies = Object.entries(template.findResources('AWS::IAM::Policy'));
  const [, policy] = policies.find(([id]) => id.startsWith('CiRole')) ?? [];
  const { Statement } = (
    policy as {
      Properties: { PolicyDocument: { Statement: { Action: unknown; Resource: unknown }[] } };
    }
  ).Properties.PolicyDocument;
  return Statement.filter(({ Action }) => String(Action).includes('s3:PutObject')).map(
    ({ Resource }) => JSON.stringify(Resource),
  );
}

it.each([
  ['of its environment', { github }, '/deploy/production/*'],
  ['of the named environment', { github, environment: 'prod' }, '/deploy/prod/*'],
  [
    'of an environment of GitLab',
    { gitlab: { project: 'acme/shop' }, environment: 'staging' },
    '/deploy/staging/*',
  ],
] as const)('the input and output of commands are those %s only', (_, options, key) => {
  const [objects, ...others] = objectsOf(roleWith({ ...options, permissions: ['hosts'] }));
  expect([objects, others]).toEqual([expect.stringContaining(`"${key}"`), []]);
});

it('releases and commands are in the bucket that hosts read releases from', () => {
  const roleOf = (
    release: { bucket: string; prefix?: string; keyArn?: string },
    isStored = true,
  ) => {
    const stack = new Stack(new App(), 'Shop');
    const deployment = storedDeployment();
    const storage = isStored ? new Storage(stack, 'Storage', { deployment }) : undefined;
    const options = { github, permissions: ['releases', 'hosts'] } as const;
    new CiRole(stack, 'CiRole', { deployment, options, storage, release });
    return Template.fromStack(stack);
  };
  const keyArn = 'arn:aws:kms:eu-central-1:111122223333:key/1234';
  for (const isStored of [true, false]) {
    const template = roleOf({ bucket: 'acme-deploy', keyArn }, isStored);
    expect(objectsOf(template)).toEqual([
      expect.stringContaining(':s3:::acme-deploy/releases/*"'),
      expect.stringContaining(':s3:::acme-deploy/deploy/production/*"'),
    ]);
    expect(JSON.stringify(template.findResources('AWS::IAM::Policy'))).toContain(keyArn);
  }
  expect(objectsOf(roleOf({ bucket: 'acme-deploy', prefix: 'shop/archives/' }))[0]).toContain(
    ':s3:::acme-deploy/shop/*"',
  );
  const [whole] = objectsOf(roleOf({ bucket: 'acme-deploy', prefix: 'archives/' }));
  for (const folder of ['archives', 'audit', 'results', 'templates']) {
    expect(whole).toContain(`:s3:::acme-deploy/${folder}/*"`);
  }
  expect(() => roleOf({ bucket: 'acme-deploy', prefix: 'shop/' })).toThrow(
    'Option release.prefix is "shop/", where no release store has its archives',
  );
});

it('hosts are drained from each of their target groups', () => {
  roleWith({ github, permissions: ['hosts'] }).hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: Match.objectLike({
      Statement: Match.arrayWith([
        Match.objectLike({
          Action: [
            'elasticloadbalancing:DeregisterTargets',
            'elasticloadbalancing:RegisterTargets',
          ],
          Resource: targetGroupArns,
        }),
      ]),
    }),
  });
});

it.each([
  ['neither GitHub nor GitLab', {}, true, 'needs either github'],
  ['both', { github, gitlab: { project: 'acme/shop' } }, true, 'needs either github'],
  [
    'every repository of an owner',
    { github: { repository: 'acme/*', environment: 'production' } },
    true,
    'Option ciRole.github.repository is "acme/*"',
  ],
  [
    'every environment',
    { github: { repository: 'acme/shop', environment: '*' } },
    true,
    'Option ciRole.github.environment is "*"',
  ],
  [
    'an unknown permission',
    { github, permissions: ['admin'] },
    true,
    '"stack", "plan", "releases"',
  ],
  ['releases without a bucket', { github }, false, 'there is no bucket of releases'],
  [
    'hosts without a bucket',
    { github, permissions: ['hosts'] },
    false,
    'Option ciRole.permissions has "hosts", but there is no bucket of releases, which commands',
  ],
  [
    'hosts of an environment without a name',
    { gitlab: { project: 'acme/shop' }, permissions: ['hosts'] },
    true,
    'set ciRole.environment to its name',
  ],
  [
    'hosts of an environment of GitHub that is none of the configuration',
    { github: { ...github, environment: 'Prod.EU' }, permissions: ['hosts'] },
    true,
    'github.environment "Prod.EU" is not one: set ciRole.environment',
  ],
  ['a wildcard for commands', { github, environment: '*' }, true, 'ciRole.environment is "*"'],
  [
    'models without a registry in S3',
    { github, permissions: ['models'] },
    false,
    'set FAIRLEAD_REGISTRY to "s3://bucket/prefix"',
  ],
])('rejects %s', (_, options, isStored, message) => {
  expect(() => roleWith(options as CiRoleOptions, { isStored })).toThrow(
    expect.objectContaining({
      code: 'ERR_DEPLOY_CDK_INVALID_OPTION',
      message: expect.stringContaining(message) as string,
    }),
  );
});

it('cdk-nag and cfn-lint find nothing in the role with all permissions', async () => {
  const problems = await checkStack((stack) => {
    addRole(stack, {
      github,
      permissions: ['stack', 'plan', 'releases', 'images', 'hosts', 'models'],
    });
  });
  expect(problems).toEqual({ nag: [], lint: [] });
}, 120_000);
