import {
  CreateTopicCommand,
  SNSClient,
  SubscribeCommand,
  type CreateTopicCommandInput,
} from '@aws-sdk/client-sns';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MotoServer, startMoto } from '@fairlead/test-support';
import { snsDestination } from '../../src/sns/index.ts';
import { sampleNotice } from '../notices/sample-notice.ts';
import { collectRequests } from '../notices/posted-requests.ts';

let moto: MotoServer;
let client: SNSClient;

beforeAll(async () => {
  moto = await startMoto();
  client = new SNSClient({
    endpoint: moto.endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
});

afterAll(async () => {
  client.destroy();
  await moto.stop();
});

const signal = AbortSignal.timeout(120_000);

async function createTopic(input: CreateTopicCommandInput): Promise<string> {
  const { TopicArn = '' } = await client.send(new CreateTopicCommand(input));
  return TopicArn;
}

test('a subscription gets the notice as JSON, with attributes for its filter', async () => {
  const { requests, port } = await collectRequests();
  const topicArn = await createTopic({ Name: 'notices' });
  await client.send(
    new SubscribeCommand({
      TopicArn: topicArn,
      Protocol: 'http',
      Endpoint: `http://127.0.0.1:${port}/sns`,
      Attributes: { FilterPolicy: JSON.stringify({ status: ['ended'], model: ['loans'] }) },
    }),
  );
  const destination = snsDestination({ client, topicArn });
  expect(destination.name).toBe('sns notices');
  await destination.send(sampleNotice, signal);
  await destination.send({ ...sampleNotice, status: 'ended' }, signal);
  const messages = requests
    .map(({ body }) => JSON.parse(body) as Record<string, string>)
    .filter(({ Type }) => Type === 'Notification');
  expect(messages).toHaveLength(1);
  expect(messages[0]?.Subject).toBe('Ended: loans: 2 features drifted <?> & more');
  expect(JSON.parse(messages[0]?.Message ?? '')).toMatchObject({
    status: 'ended',
    key: 'drift/loans',
    summary: sampleNotice.summary,
    details: { features: 'age, income' },
    firstSeen: '2026-01-01T00:00:00.000Z',
  });
});

test('a FIFO topic accepts a notice', async () => {
  const topicArn = await createTopic({ Name: 'notices.fifo', Attributes: { FifoTopic: 'true' } });
  await snsDestination({ client, topicArn }).send(sampleNotice, signal);
});

test('a topic that does not exist is refused, and an unreachable service is not', async () => {
  const topicArn = 'arn:aws:sns:eu-central-1:123456789012:missing';
  await expect(
    snsDestination({ client, topicArn }).send(sampleNotice, signal),
  ).rejects.toMatchObject({ code: 'ERR_MONITORING_NOTICE_REJECTED' });
  const away = new SNSClient({
    endpoint: 'http://127.0.0.1:9',
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  await expect(
    snsDestination({ client: away, topicArn }).send(sampleNotice, signal),
  ).rejects.toMatchObject({ code: 'ERR_MONITORING_NOTICE_UNAVAILABLE', message: 'ECONNREFUSED' });
  away.destroy();
});

test('an ARN of another form is refused', () => {
  expect(() => snsDestination({ client, topicArn: 'arn:aws:sqs:eu-central-1:1:x' })).toThrow(
    'Option topicArn: expected the ARN of a topic',
  );
});
