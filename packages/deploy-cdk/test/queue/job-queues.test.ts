import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { expect, it } from 'vitest';

import { JobQueues, type QueueOptions } from '@fairlead/deploy-cdk';
import { checkStack } from '../support/check-stack.ts';
import { storedDeployment } from '../support/stored-deployment.ts';

const webhooks = 'https://sqs.eu-central-1.amazonaws.com/111122223333/shop-webhooks';
const env = { region: 'eu-central-1', account: '111122223333' };

function queuesWith(options: QueueOptions = {}, environment = {}) {
  const stack = new Stack(new App(), 'Shop', { env });
  const deployment = storedDeployment(environment);
  const queues = new JobQueues(stack, 'Queue', { deployment, options });
  return { stack, queues, template: Template.fromStack(stack) };
}

it('a queue has the lease of jobs as visibility timeout, encryption and a dead-letter queue', () => {
  const { template } = queuesWith({}, { FAIRLEAD_JOBS_LEASE_MS: '45500' });
  template.hasResource('AWS::SQS::Queue', {
    DeletionPolicy: 'RetainExceptOnCreate',
    Properties: {
      QueueName: 'shop-jobs',
      VisibilityTimeout: 46,
      MessageRetentionPeriod: 14 * 86_400,
      ReceiveMessageWaitTimeSeconds: 20,
      SqsManagedSseEnabled: true,
      RedrivePolicy: {
        deadLetterTargetArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('DeadLetters'), 'Arn'] },
        maxReceiveCount: 100,
      },
    },
  });
  template.resourceCountIs('AWS::SQS::Queue', 2);
});

it('the visibility timeout is the default lease of the gateway without a setting', () => {
  const { template } = queuesWith();
  template.hasResourceProperties('AWS::SQS::Queue', {
    QueueName: 'shop-jobs',
    VisibilityTimeout: 15,
  });
});

it('webhooks have a second queue, and every queue refuses plain HTTP', () => {
  const { template, queues } = queuesWith({}, { FAIRLEAD_JOBS_WEBHOOK_QUEUE_URL: webhooks });
  expect([...queues.queues.keys()]).toEqual(['shop-jobs', 'shop-webhooks']);
  template.resourceCountIs('AWS::SQS::Queue', 4);
  template.resourcePropertiesCountIs(
    'AWS::SQS::QueuePolicy',
    {
      PolicyDocument: Match.objectLike({
        Statement: [
          Match.objectLike({
            Effect: 'Deny',
            Action: 'sqs:*',
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          }),
        ],
      }),
    },
    4,
  );
});

it('hosts may use these queues only', () => {
  const { queues, stack } = queuesWith({}, { FAIRLEAD_JOBS_WEBHOOK_QUEUE_URL: webhooks });
  const [statement, ...others] = queues.statements.map(
    (each) => stack.resolve(each.toStatementJson()) as { Action: string[]; Resource: unknown[] },
  );
  expect(others).toEqual([]);
  expect(statement?.Action).not.toContain('sqs:*');
  expect(JSON.stringify(statement?.Resource)).toContain(':sqs:eu-central-1:111122223333:shop-jobs');
  expect(statement?.Resource).toHaveLength(2);
});

it.each([
  [
    'a FIFO queue',
    { FAIRLEAD_JOBS_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/111122223333/jobs.fifo' },
    {},
    'expected the URL of a standard queue',
  ],
  [
    'a queue whose domain is not that of its region',
    { FAIRLEAD_JOBS_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com.cn/111122223333/jobs' },
    {},
    'expected the URL of a standard queue',
  ],
  [
    'a queue of the European Sovereign Cloud, in a stack elsewhere',
    { FAIRLEAD_JOBS_QUEUE_URL: 'https://sqs.eusc-de-east-1.amazonaws.eu/111122223333/jobs' },
    {},
    'is in region eusc-de-east-1 of account 111122223333, but the stack in eu-central-1',
  ],
  [
    'a queue of another region',
    { FAIRLEAD_JOBS_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/111122223333/jobs' },
    {},
    'is in region eu-west-1 of account 111122223333, but the stack in eu-central-1',
  ],
  [
    'a deployment without jobs',
    { FAIRLEAD_JOBS_QUEUE_URL: '' },
    {},
    'needs FAIRLEAD_JOBS_QUEUE_URL',
  ],
  [
    'a lease that SQS does not support',
    { FAIRLEAD_JOBS_LEASE_MS: '50000000' },
    {},
    'FAIRLEAD_JOBS_LEASE_MS of the deployment is "50000000"',
  ],
  ['a month of retention', {}, { retentionDays: 30 }, 'Option queue.retentionDays is 30'],
  ['fewer receptions than attempts', {}, { maxReceives: 3 }, 'Option queue.maxReceives is 3'],
])('rejects %s', (_, environment, options, message) => {
  expect(() => queuesWith(options, environment)).toThrow(
    expect.objectContaining({
      code: 'ERR_DEPLOY_CDK_INVALID_OPTION',
      message: expect.stringContaining(message) as string,
    }),
  );
});

it('cdk-nag and cfn-lint find nothing in the queues', async () => {
  const problems = await checkStack((stack) => {
    const deployment = storedDeployment({ FAIRLEAD_JOBS_WEBHOOK_QUEUE_URL: webhooks });
    new JobQueues(stack, 'Queue', { deployment });
  });
  expect(problems).toEqual({ nag: [], lint: [] });
}, 120_000);
