import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
  ListChangeSetsCommand,
} from '@aws-sdk/client-cloudformation';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import {
  awsTestConnection,
  newBucket,
  s3Client,
  startMoto,
  type MotoServer,
} from '@fairlead/test-support';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { planStack, templatesInS3 } from '../../src/stack.ts';

const bucket = (name: string, more: object = {}) => ({
  Type: 'AWS::S3::Bucket',
  Properties: { BucketName: name },
  ...more,
});
const queue = (seconds: number) => ({
  Type: 'AWS::SQS::Queue',
  Properties: { QueueName: 'jobs', VisibilityTimeout: seconds },
});
const parameters = { Size: { Type: 'String', Default: 'small' } };
const deployed = { Parameters: parameters, Resources: { Data: bucket('data-1'), Jobs: queue(30) } };
const pollMs = 10;

describe('a stack of moto', () => {
  let moto: MotoServer;
  let client: CloudFormationClient;

  beforeAll(async () => {
    moto = await startMoto();
    client = new CloudFormationClient({ ...awsTestConnection, endpoint: moto.endpoint });
    const TemplateBody = JSON.stringify(deployed);
    await client.send(new CreateStackCommand({ StackName: 'Shop', TemplateBody }));
  });

  afterAll(async () => {
    client.destroy();
    await moto.stop();
  });

  const plan = (template: object, stackName = 'Shop') =>
    planStack({ client, stackName, template: JSON.stringify(template), pollMs, timeoutMs: 5_000 });

  it('is compared by a change set, which is deleted again, and not changed', async () => {
    const changed = {
      Parameters: parameters,
      Resources: { Jobs: queue(60), More: bucket('more-1') },
    };
    const found = await plan(changed);
    expect(found).toMatchObject({ stackName: 'Shop', method: 'change-set' });
    expect(found.changes.map(({ action, subject, type }) => [action, subject, type])).toEqual(
      expect.arrayContaining([
        ['add', 'More', 'AWS::S3::Bucket'],
        ['modify', 'Jobs', 'AWS::SQS::Queue'],
        ['remove', 'Data', 'AWS::S3::Bucket'],
      ]),
    );
    // moto doesn't have the detection of drift: the plan says so, and has the changes.
    expect(found.driftProblem).toEqual(expect.any(String));
    const { Summaries } = await client.send(new ListChangeSetsCommand({ StackName: 'Shop' }));
    expect(Summaries).toEqual([]);
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: 'Shop' }));
    expect(Stacks?.[0]?.StackStatus).toBe('CREATE_COMPLETE');
  });

  it('that does not exist would be created whole, without a change set', async () => {
    const found = await plan(deployed, 'Other');
    expect(found).toMatchObject({ method: 'new', drift: [], driftProblem: undefined });
    expect(found.changes.map(({ action, subject }) => `${action} ${subject}`)).toEqual([
      ...['add Data', 'add Jobs', 'add Size'],
    ]);
    await expect(client.send(new DescribeStacksCommand({ StackName: 'Other' }))).rejects.toThrow(
      'does not exist',
    );
  });

  /** A template whose queue has a tag of some characters: an update, of a length. */
  const longTemplate = (characters: number) => ({
    ...deployed,
    Resources: {
      ...deployed.Resources,
      Jobs: {
        Type: 'AWS::SQS::Queue',
        Properties: {
          ...deployed.Resources.Jobs.Properties,
          Tags: [{ Key: 'a', Value: 'x'.repeat(characters) }],
        },
      },
    },
  });

  it('with a template of more than 51,200 bytes is compared by the templates', async () => {
    const found = await plan(longTemplate(52_000));
    expect(found).toMatchObject({
      ...{ method: 'template', fallback: 'the template is longer than 51200 bytes' },
      changes: [{ action: 'modify', subject: 'Jobs', replacement: 'unknown' }],
    });
    expect(found.changes[0]?.details).toEqual(['Properties.Tags']);
  });

  it('with a longer template in S3 is compared by a change set, up to 1,000,000 bytes', async () => {
    const s3 = s3Client(moto.endpoint);
    const bucketName = await newBucket(s3);
    const store = templatesInS3({ client: s3, location: `s3://${bucketName}/releases` });
    const urls: string[] = [];
    const storeTemplate = async (text: string): Promise<string> => {
      const url = await store(text);
      urls.push(url);
      return url;
    };
    const template = JSON.stringify(longTemplate(52_000));
    const planned = { client, stackName: 'Shop', storeTemplate, pollMs, timeoutMs: 5_000 };
    const found = [
      await planStack({ ...planned, template }),
      await planStack({ ...planned, template }),
    ];
    for (const each of found) {
      expect(each).toMatchObject({
        ...{ method: 'change-set', fallback: undefined },
        changes: [{ action: 'modify', subject: 'Jobs' }],
      });
    }
    const key = `releases/templates/${createHash('sha256').update(template).digest('hex')}.json`;
    const url = `https://s3.${awsTestConnection.region}.amazonaws.com/${bucketName}/${key}`;
    expect(urls).toEqual([url, url]);
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucketName, Key: key }));
    expect(await Body?.transformToString()).toBe(template);

    const tooLong = JSON.stringify(longTemplate(1_000_000));
    expect(await planStack({ ...planned, template: tooLong })).toMatchObject({
      ...{ method: 'template', fallback: 'the template is longer than 1000000 bytes' },
    });
    expect(urls).toHaveLength(2);
    s3.destroy();
  });

  it('whose long template cannot be stored is compared by the templates', async () => {
    const s3 = s3Client(moto.endpoint);
    const storeTemplate = templatesInS3({ client: s3, location: 's3://no-such-bucket/releases' });
    const template = JSON.stringify(longTemplate(52_000));
    const planned = { client, stackName: 'Shop', template, pollMs, timeoutMs: 5_000 };
    expect(await planStack({ ...planned, storeTemplate })).toMatchObject({
      ...{ method: 'template' },
      fallback:
        "the template can't be stored: s3://no-such-bucket: there is no such bucket (NotFound)",
    });
    s3.destroy();
  });
});

it.each(['releases', 's3://key:secret@acme/releases', 's3://acme//releases'])(
  'refuses the location %s for templates, without repeating it',
  (location) => {
    const client = s3Client('http://127.0.0.1:1');
    expect(() => templatesInS3({ client, location })).toThrow(
      'Option location: expected s3://bucket/prefix, without anything else.',
    );
    client.destroy();
  },
);

it.each<[string, Readonly<Record<string, number>>, string | undefined]>([
  ['the request for the bucket is forbidden', { HEAD: 403, PUT: 200 }, undefined],
  ['another plan stores it', { HEAD: 200, PUT: 409 }, undefined],
  ['S3 forbids it', { HEAD: 200, PUT: 403 }, 'its credentials are not allowed to'],
  ['the bucket is in another region', { HEAD: 301 }, 'the bucket is in another region'],
])('a template is stored, or the reason has the bucket: %s', async (_, answers, reason) => {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(answers[request.method ?? ''] ?? 500).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const client = s3Client(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  onTestFinished(() => {
    client.destroy();
  });
  const storing = templatesInS3({ client, location: 's3://acme/releases' })('{}');
  if (reason === undefined) {
    const start = `https://s3.${awsTestConnection.region}.amazonaws.com/acme/releases/templates/`;
    expect(await storing).toContain(start);
  } else await expect(storing).rejects.toThrow(`s3://acme: ${reason}`);
});

/** A CloudFormation that answers by the action of a request, and records the actions. */
async function fakeCloudFormation(answers: Readonly<Record<string, string | readonly string[]>>) {
  const actions: string[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const action = new URLSearchParams(body).get('Action') ?? '';
      const before = actions.filter((each) => each === action).length;
      actions.push(action);
      const given = answers[action] ?? '';
      const result = typeof given === 'string' ? given : (given[before] ?? given.at(-1) ?? '');
      const failure = /^(\w+): (.*)$/.exec(result);
      response.writeHead(failure ? 400 : 200, { 'content-type': 'text/xml' });
      response.end(
        failure
          ? `<ErrorResponse><Error><Code>${failure[1] ?? ''}</Code><Message>${failure[2] ?? ''}</Message></Error></ErrorResponse>`
          : `<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`,
      );
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = new CloudFormationClient({
    ...{ ...awsTestConnection, endpoint: `http://127.0.0.1:${port}`, maxAttempts: 1 },
  });
  onTestFinished(() => {
    client.destroy();
    server.closeAllConnections();
    server.close();
  });
  return { client, actions };
}

const STACK =
  '<Stacks><member><StackName>Shop</StackName><StackStatus>UPDATE_COMPLETE</StackStatus><Parameters><member><ParameterKey>Size</ParameterKey></member><member><ParameterKey>Gone</ParameterKey></member></Parameters></member></Stacks>';
const template = JSON.stringify(deployed);

it('lists what was changed by hand, from all pages, once the detection has finished', async () => {
  const drift = (id: string, status: string, differences = ''): string =>
    `<member><LogicalResourceId>${id}</LogicalResourceId><ResourceType>AWS::EC2::SecurityGroup</ResourceType><StackResourceDriftStatus>${status}</StackResourceDriftStatus><PropertyDifferences>${differences}</PropertyDifferences></member>`;
  const difference =
    '<member><PropertyPath>/SecurityGroupIngress/0/CidrIp</PropertyPath><ExpectedValue>10.0.0.0/16</ExpectedValue><ActualValue>0.0.0.0/0</ActualValue></member>' +
    '<member><PropertyPath>/Environment/Variables/TOKEN</PropertyPath><ExpectedValue>null</ExpectedValue><ActualValue>hunter2</ActualValue></member>' +
    '<member><PropertyPath>/MinSize</PropertyPath><ExpectedValue>2</ExpectedValue><ActualValue>null</ActualValue></member>';
  const { client, actions } = await fakeCloudFormation({
    DescribeStacks: STACK,
    DescribeChangeSet: [
      '<Status>CREATE_PENDING</Status>',
      "<Status>FAILED</Status><StatusReason>The submitted information didn't contain changes.</StatusReason>",
    ],
    DetectStackDrift: '<StackDriftDetectionId>d1</StackDriftDetectionId>',
    DescribeStackDriftDetectionStatus: [
      '<DetectionStatus>DETECTION_IN_PROGRESS</DetectionStatus>',
      '<DetectionStatus>DETECTION_COMPLETE</DetectionStatus>',
    ],
    DescribeStackResourceDrifts: [
      `<StackResourceDrifts>${drift('Hosts', 'MODIFIED', difference)}</StackResourceDrifts><NextToken>2</NextToken>`,
      `<StackResourceDrifts>${drift('Old', 'DELETED')}</StackResourceDrifts>`,
    ],
  });
  expect(await planStack({ client, stackName: 'Shop', template, pollMs })).toEqual({
    ...{ stackName: 'Shop', method: 'change-set', fallback: undefined, changes: [] },
    driftProblem: undefined,
    drift: [
      {
        ...{ subject: 'Hosts', type: 'AWS::EC2::SecurityGroup' },
        details: [
          '/SecurityGroupIngress/0/CidrIp: 10.0.0.0/16 → 0.0.0.0/0',
          '/Environment/Variables/TOKEN',
          '/MinSize: 2 → none',
        ],
      },
      { subject: 'Old', type: 'AWS::EC2::SecurityGroup', details: ['deleted'] },
    ],
  });
  expect(actions.filter((action) => action === 'DeleteChangeSet')).toHaveLength(1);
});

it('lists what was changed by hand also where a resource could not be compared', async () => {
  const detected = (reason: string) => ({
    DescribeStacks: STACK,
    DescribeChangeSet:
      "<Status>FAILED</Status><StatusReason>The submitted information didn't contain changes.</StatusReason>",
    DetectStackDrift: '<StackDriftDetectionId>d1</StackDriftDetectionId>',
    DescribeStackDriftDetectionStatus: `<DetectionStatus>DETECTION_FAILED</DetectionStatus>${reason}`,
    DescribeStackResourceDrifts:
      '<StackResourceDrifts><member><LogicalResourceId>Old</LogicalResourceId><ResourceType>AWS::SQS::Queue</ResourceType><StackResourceDriftStatus>DELETED</StackResourceDriftStatus></member></StackResourceDrifts>',
  });
  const drift = [{ subject: 'Old', type: 'AWS::SQS::Queue', details: ['deleted'] }];
  const denied =
    '<DetectionStatusReason>Failed to detect drift on resource [Jobs]</DetectionStatusReason>';
  const { client } = await fakeCloudFormation(detected(denied));
  expect(await planStack({ client, stackName: 'Shop', template, pollMs })).toMatchObject({
    ...{ drift, driftProblem: 'Failed to detect drift on resource [Jobs]' },
  });
  const { client: silent } = await fakeCloudFormation(detected(''));
  expect(await planStack({ client: silent, stackName: 'Shop', template, pollMs })).toMatchObject({
    ...{ drift, driftProblem: 'CloudFormation could not compare every resource' },
  });
});

it('reads the changes of all pages with properties and replacement', async () => {
  const change = (id: string, replacement: string): string =>
    `<member><ResourceChange><Action>Modify</Action><LogicalResourceId>${id}</LogicalResourceId><ResourceType>AWS::EC2::LaunchTemplate</ResourceType><Replacement>${replacement}</Replacement><Details><member><Target><Attribute>Properties</Attribute><Name>LaunchTemplateData</Name></Target></member><member><Target><Attribute>Properties</Attribute><Name>LaunchTemplateData</Name></Target></member></Details></ResourceChange></member>`;
  const { client } = await fakeCloudFormation({
    DescribeStacks: STACK,
    DescribeChangeSet: [
      '<Status>CREATE_COMPLETE</Status>',
      `<Changes>${change('A', 'True')}</Changes><NextToken>2</NextToken>`,
      `<Changes>${change('B', 'Conditional')}</Changes>`,
    ],
    DetectStackDrift: 'AccessDenied: no drift for you',
  });
  const details = ['Properties.LaunchTemplateData'];
  const common = { action: 'modify', type: 'AWS::EC2::LaunchTemplate', details };
  expect(await planStack({ client, stackName: 'Shop', template, pollMs })).toMatchObject({
    ...{ drift: [], driftProblem: 'no drift for you' },
    changes: [
      { ...common, subject: 'A', replacement: 'yes' },
      { ...common, subject: 'B', replacement: 'maybe' },
    ],
  });
});

it('compares the templates when CloudFormation cannot read the stored one', async () => {
  const { client } = await fakeCloudFormation({
    DescribeStacks: STACK,
    CreateChangeSet: 'ValidationError: S3 error: Access Denied',
    GetTemplate: `<TemplateBody>${template.replaceAll('"', '&quot;')}</TemplateBody>`,
    DetectStackDrift: 'AccessDenied: no',
  });
  const long = JSON.stringify({ ...deployed, Description: 'x'.repeat(52_000) });
  const storeTemplate = () => Promise.resolve('https://s3.eu-central-1.amazonaws.com/a/b.json');
  const planned = { client, stackName: 'Shop', template: long, storeTemplate, pollMs };
  expect(await planStack(planned)).toMatchObject({
    method: 'template',
    fallback: "CloudFormation can't read the template: S3 error: Access Denied",
  });
});

it('compares the templates when a change set is not allowed', async () => {
  const before = { ...deployed, Resources: { ...deployed.Resources, Jobs: queue(10) } };
  const body = JSON.stringify(before).replaceAll('"', '&quot;');
  const { client } = await fakeCloudFormation({
    DescribeStacks: STACK,
    CreateChangeSet: 'AccessDenied: not authorized to perform cloudformation:CreateChangeSet',
    GetTemplate: `<TemplateBody>${body}</TemplateBody>`,
    DetectStackDrift: 'AccessDenied: no',
  });
  expect(await planStack({ client, stackName: 'Shop', template, pollMs })).toMatchObject({
    ...{ method: 'template', fallback: 'a change set is not allowed' },
    changes: [{ subject: 'Jobs', details: ['Properties.VisibilityTimeout: 10 → 30'] }],
  });
});

it.each([
  [
    { DescribeStacks: 'ExpiredToken: the token has expired' },
    'ExpiredToken: the token has expired',
  ],
  [
    { DescribeStacks: STACK, CreateChangeSet: 'ValidationError: Template error: unresolved' },
    'ValidationError: Template error: unresolved',
  ],
  [
    {
      DescribeStacks: STACK,
      DescribeChangeSet: '<Status>FAILED</Status><StatusReason>no export Vpc</StatusReason>',
    },
    'the change set failed: no export Vpc',
  ],
  [
    { DescribeStacks: STACK, DescribeChangeSet: '<Status>CREATE_PENDING</Status>' },
    'no change set within 50 ms',
  ],
])('%j is an error with the answer of CloudFormation', async (answers, message) => {
  const { client } = await fakeCloudFormation(answers);
  const planning = planStack({ client, stackName: 'Shop', template, pollMs, timeoutMs: 50 });
  await expect(planning).rejects.toMatchObject({
    ...{ code: 'ERR_DEPLOY_STACK', message: expect.stringContaining(message) as string },
  });
});

it.each([
  [{ template: 'Resources:' }, 'Option template: expected a template of CloudFormation in JSON'],
  [{ template: '{}' }, 'with Resources'],
  [{ stackName: '' }, 'Option stackName'],
  [{ pollMs: 0 }, 'Option pollMs is 0'],
])('rejects %j', async (options, message) => {
  const { client } = await fakeCloudFormation({});
  await expect(planStack({ client, stackName: 'Shop', template, ...options })).rejects.toThrow(
    message,
  );
});
