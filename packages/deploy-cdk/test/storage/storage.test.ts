import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { expect, it } from 'vitest';

import { Storage, type StorageOptions } from '@fairlead/deploy-cdk';
import { overwritePolicy } from '@fairlead/registry/s3';
import { checkStack } from '../support/check-stack.ts';
import { statementText } from '../support/statements.ts';
import { storedDeployment } from '../support/stored-deployment.ts';

const replica = {
  bucketArn: 'arn:aws:s3:::acme-models-replica',
  keyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
};

function storageWith(options: StorageOptions = {}, environment = {}, more = {}) {
  const stack = new Stack(new App(), 'Shop');
  const deployment = storedDeployment(environment, more);
  const storage = new Storage(stack, 'Storage', { deployment, options });
  return { stack, storage, template: Template.fromStack(stack) };
}

/** Statements of the policy of a bucket, by their ids. */
function policyOf(template: Template, bucket: string) {
  const buckets = template.findResources('AWS::S3::Bucket', { Properties: { BucketName: bucket } });
  const [id] = Object.keys(buckets);
  const policies = template.findResources('AWS::S3::BucketPolicy', {
    Properties: { Bucket: { Ref: id } },
  });
  const [policy] = Object.values(policies) as {
    Properties: { PolicyDocument: { Statement: Record<string, unknown>[] } };
  }[];
  return policy?.Properties.PolicyDocument.Statement ?? [];
}

it('every bucket is encrypted with the key, versioned, private, and reached over TLS only', () => {
  const { template } = storageWith({ releaseBucketName: 'acme-releases' });
  const named = ['acme-models', 'acme-captures', 'acme-jobs', 'acme-backups', 'acme-releases'];
  for (const BucketName of named) {
    template.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
      Properties: Match.objectLike({
        BucketName,
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [
            {
              BucketKeyEnabled: true,
              ServerSideEncryptionByDefault: {
                SSEAlgorithm: 'aws:kms',
                KMSMasterKeyID: { 'Fn::GetAtt': [Match.stringLikeRegexp('StorageKey'), 'Arn'] },
              },
            },
          ],
        },
        VersioningConfiguration: { Status: 'Enabled' },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
        LoggingConfiguration: {
          DestinationBucketName: { Ref: Match.stringLikeRegexp('StorageAccessLogs') },
          LogFilePrefix: BucketName === 'acme-releases' ? 'Releases/' : `${BucketName}/`,
        },
      }),
    });
    expect(policyOf(template, BucketName)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          Effect: 'Deny',
          Action: 's3:*',
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        }),
        expect.objectContaining({
          Effect: 'Deny',
          Action: 's3:*',
          Condition: { NumericLessThan: { 's3:TlsVersion': 1.2 } },
        }),
      ]),
    );
  }
  // These five, and access logs.
  template.resourceCountIs('AWS::S3::Bucket', 6);
  template.allResourcesProperties('AWS::S3::Bucket', {
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    },
  });
  template.hasResourceProperties('AWS::KMS::Key', { EnableKeyRotation: true });
});

it('S3 refuses overwrites in the registry, as the policy of the registry says', () => {
  const { template } = storageWith();
  const [expected] = overwritePolicy({ bucket: 'acme-models', prefix: 'prod' }).Statement;
  const found = policyOf(template, 'acme-models').find(
    ({ Sid }) => Sid === 'RegistryAreNeverOverwritten',
  );
  expect(found).toMatchObject({
    Effect: expected?.Effect,
    Principal: { AWS: '*' },
    Action: expected?.Action,
    Condition: expected?.Condition,
  });
  expect(JSON.stringify(found?.Resource)).toContain('/prod/*');
});

it.each([
  ['acme-jobs', 'JobsAreNeverOverwritten', { 's3:if-none-match': 'true' }],
  ['acme-backups', 'BackupsAreNeverOverwritten', { 's3:if-none-match': 'true' }],
  [
    'acme-captures',
    'CapturesAreNeverOverwritten',
    { 's3:if-none-match': 'true', 's3:if-match': 'true' },
  ],
])('writes into %s need a condition', (bucket, Sid, Null) => {
  const { template } = storageWith();
  expect(policyOf(template, bucket)).toContainEqual(
    expect.objectContaining({
      Sid,
      Effect: 'Deny',
      Action: 's3:PutObject',
      Condition: { Null, Bool: { 's3:ObjectCreationOperation': 'true' } },
    }),
  );
});

it('the bucket of releases refuses to replace an archive, and removes commands after a day', () => {
  const { template } = storageWith({ releaseBucketName: 'acme-releases', commandPrefix: 'ssm' });
  expect(policyOf(template, 'acme-releases')).toContainEqual(
    expect.objectContaining({ Sid: 'ReleasesAreNeverOverwritten', Effect: 'Deny' }),
  );
  template.hasResourceProperties('AWS::S3::Bucket', {
    BucketName: 'acme-releases',
    LifecycleConfiguration: {
      Rules: Match.arrayWith([
        Match.objectLike({
          ...{ Id: 'commands', Prefix: 'ssm/', ExpirationInDays: 1 },
          NoncurrentVersionExpiration: { NoncurrentDays: 1 },
        }),
      ]),
    },
  });
});

it('deleted objects can be restored for the days of their kind', () => {
  const { template } = storageWith({ recoveryDays: { captures: 1 } });
  const expected = { 'acme-models': ['registry', 90], 'acme-captures': ['captures', 1] } as const;
  for (const [BucketName, [Id, NoncurrentDays]] of Object.entries(expected)) {
    template.hasResourceProperties('AWS::S3::Bucket', {
      BucketName,
      LifecycleConfiguration: {
        Rules: Match.arrayWith([
          Match.objectLike({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } }),
          Match.objectLike({
            Id,
            Prefix: 'prod/',
            NoncurrentVersionExpiration: { NoncurrentDays },
            ExpiredObjectDeleteMarker: true,
          }),
        ]),
      },
    });
  }
});

it('only the roles of mayDelete delete versions, and models of the registry', () => {
  const role = 'arn:aws:iam::111122223333:role/maintenance';
  const { template } = storageWith({ mayDelete: [role] });
  const statements = policyOf(template, 'acme-models').filter(({ Condition }) =>
    JSON.stringify(Condition).includes('ArnNotLike'),
  );
  expect(statements.map(({ Sid, Action, Condition }) => [Sid, Action, Condition])).toEqual([
    [
      'VersionsAreDeletedByFew',
      's3:DeleteObjectVersion',
      { ArnNotLike: { 'aws:PrincipalArn': [role] } },
    ],
    [
      'RegistryModelsAreDeletedByFew',
      's3:DeleteObject',
      { ArnNotLike: { 'aws:PrincipalArn': [role] } },
    ],
    [
      'RegistryBlobsAreDeletedByFew',
      's3:DeleteObject',
      { ArnNotLike: { 'aws:PrincipalArn': [role] } },
    ],
  ]);
});

it('the bucket of access logs is encrypted, reached over TLS only, and accepts the logs of these buckets alone', () => {
  const { template } = storageWith({ accessLogDays: 365 }, { FAIRLEAD_JOBS_BUCKET: '' });
  const logs = template.findResources('AWS::S3::Bucket', {
    Properties: { LoggingConfiguration: Match.absent() },
  });
  expect(Object.values(logs)).toEqual([
    expect.objectContaining({
      DeletionPolicy: 'Retain',
      Properties: expect.objectContaining({
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [
            { ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } },
          ],
        },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
        LifecycleConfiguration: {
          Rules: [{ Id: 'logs', Status: 'Enabled', ExpirationInDays: 365 }],
        },
      }) as object,
    }),
  ]);
  const [policy] = Object.values(
    template.findResources('AWS::S3::BucketPolicy', {
      Properties: { Bucket: { Ref: Object.keys(logs)[0] } },
    }),
  ) as { Properties: { PolicyDocument: { Statement: object[] } } }[];
  const all = '<StorageAccessLogs.Arn> <StorageAccessLogs.Arn>/*';
  expect(policy?.Properties.PolicyDocument.Statement.map((each) => statementText(each))).toEqual([
    `Deny AWS * s3:* on ${all} if Bool aws:SecureTransport false`,
    `Deny AWS * s3:* on ${all} if NumericLessThan s3:TlsVersion 1.2`,
    ...['acmemodels', 'acmecaptures', 'acmebackups', 'Releases'].map((name) => {
      const folder = name.replace('acme', 'acme-');
      return `Service logging.s3.amazonaws.com s3:PutObject on <StorageAccessLogs.Arn>/${folder}/* if ArnEquals aws:SourceArn <StorageBucket${name}.Arn>, StringEquals aws:SourceAccount <AWS::AccountId>`;
    }),
  ]);
});

it('objects of two kinds may share a bucket, each with its own rule', () => {
  const { template } = storageWith(
    {},
    { FAIRLEAD_REGISTRY: 's3://acme/models', FAIRLEAD_CAPTURE_LOCATION: 's3://acme/captures' },
  );
  const sids = policyOf(template, 'acme').map(({ Sid }) => Sid);
  expect(sids).toEqual(
    expect.arrayContaining(['RegistryAreNeverOverwritten', 'CapturesAreNeverOverwritten']),
  );
});

it('a deployment without S3 gets the bucket of releases alone', () => {
  const stack = new Stack(new App(), 'Shop');
  const environment = {
    FAIRLEAD_REGISTRY: '/var/lib/shop/registry',
    FAIRLEAD_CAPTURE_LOCATION: '/var/lib/shop/captures',
    FAIRLEAD_JOBS_BUCKET: '',
  };
  const deployment = storedDeployment(environment, { backup: { to: '/mnt/backup' } });
  const storage = new Storage(stack, 'Storage', { deployment });
  expect(storage.buckets.size).toBe(0);
  Template.fromStack(stack).resourceCountIs('AWS::S3::Bucket', 2);
});

it.each([
  [
    'captured requests within the registry',
    { FAIRLEAD_REGISTRY: 's3://acme', FAIRLEAD_CAPTURE_LOCATION: 's3://acme/captures' },
    {},
    'The captures in s3://acme/captures are within the registry in s3://acme/',
  ],
  [
    'an invalid name of a bucket',
    { FAIRLEAD_REGISTRY: 's3://Acme_Models/prod' },
    {},
    'FAIRLEAD_REGISTRY of the deployment is "s3://Acme_Models/prod", whose bucket "Acme_Models"',
  ],
  ['an unknown kind', {}, { recoveryDays: { capture: 1 } }, 'Did you mean `captures`?'],
  [
    'half a day',
    {},
    { recoveryDays: { captures: 0.5 } },
    'Option storage.recoveryDays.captures is 0.5',
  ],
  [
    'a replica of a bucket without a name',
    {},
    { replicas: { releases: replica } },
    'set storage.releaseBucketName',
  ],
  ['the prefix of archives for commands', {}, { commandPrefix: 'releases' }, 'another prefix'],
])('rejects %s', (_, environment, options, message) => {
  expect(() => storageWith(options as StorageOptions, environment)).toThrow(
    expect.objectContaining({
      code: 'ERR_DEPLOY_CDK_INVALID_OPTION',
      message: expect.stringContaining(message) as string,
    }),
  );
});

it('cdk-nag and cfn-lint find nothing in the buckets with all options', async () => {
  const problems = await checkStack((stack) => {
    new Storage(stack, 'Storage', {
      deployment: storedDeployment(),
      options: {
        releaseBucketName: 'acme-releases',
        recoveryDays: { captures: 1 },
        replicas: { registry: replica, releases: replica },
        mayDelete: ['arn:aws:iam::111122223333:role/maintenance'],
        accessLogDays: 365,
      },
    });
  });
  expect(problems).toEqual({ nag: [], lint: [] });
}, 120_000);
