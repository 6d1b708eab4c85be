import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { JobQueue } from '@fairlead/jobs';
import { folderJobQueue } from '@fairlead/jobs/folder';
import { sqsJobQueue } from '@fairlead/jobs/sqs';
import { startMoto, type MotoServer } from '@fairlead/test-support';

const stored = fileURLToPath(new URL('../stored-0.1/', import.meta.url));
const readJson = (file: string): unknown => JSON.parse(readFileSync(join(stored, file), 'utf8'));
/** Results of 2025 are still within it. */
const retentionMs = 50 * 366 * 24 * 3_600_000;

type State = 'succeeded' | 'failed' | 'canceled' | 'running' | 'queued';
const idsOf = (kind: 'folder' | 'bucket'): Record<State, string> =>
  (readJson('ids.json') as Record<typeof kind, Record<State, string>>)[kind];

let moto: MotoServer;
beforeAll(async () => {
  moto = await startMoto();
});
afterAll(() => moto.stop());

function openFolder(): Promise<JobQueue> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-stored-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  cpSync(join(stored, 'folder'), folder, { recursive: true });
  return folderJobQueue(folder, { retentionMs, pollIntervalMs: 20 });
}

let places = 0;
async function openBucket(): Promise<JobQueue> {
  const connection = {
    endpoint: `http://127.0.0.1:${moto.port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  const sqs = new SQSClient(connection);
  const s3 = new S3Client({ ...connection, forcePathStyle: true });
  const bucket = `stored-${places++}`;
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  const root = join(stored, 'bucket');
  for (const each of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!each.isFile()) continue;
    const file = join(each.parentPath, each.name);
    const Key = `jobs/${relative(root, file)}`;
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: readFileSync(file) }));
  }
  const messages = readJson('messages.json') as Record<'jobs' | 'webhooks', readonly string[]>;
  const queueOf = async (name: 'jobs' | 'webhooks'): Promise<string> => {
    const created = await sqs.send(new CreateQueueCommand({ QueueName: `${bucket}-${name}` }));
    const { QueueUrl = '' } = created;
    for (const MessageBody of messages[name]) {
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    }
    return QueueUrl;
  };
  const [queueUrl, webhookQueueUrl] = [await queueOf('jobs'), await queueOf('webhooks')];
  return sqsJobQueue({ sqs, s3, bucket, queueUrl, webhookQueueUrl, retentionMs });
}

describe.each([
  ['folder', openFolder, idsOf('folder')],
  ['SQS and S3', openBucket, idsOf('bucket')],
] as const)('jobs that version 0.1 stored in %s', (_name, open, ids) => {
  test('have their states, and the results to the byte', async () => {
    const queue = await open();
    for (const state of Object.keys(ids) as State[]) {
      expect(await queue.get(ids[state])).toMatchObject({ request: { id: ids[state] }, state });
    }
    expect(await queue.outcome(ids.succeeded)).toEqual({
      state: 'succeeded',
      attempts: 1,
      finishedAtMs: 1_764_291_600_000,
      version: '3',
      response: {
        status: 200,
        headers: { 'content-type': 'application/octet-stream', 'fairlead-version': '3' },
        body: Buffer.from('answer\n\0\xff', 'latin1'),
      },
    });
    expect(await queue.outcome(ids.failed)).toMatchObject({
      attempts: 3,
      reason: 'the model failed',
      response: { status: 500, body: Buffer.from('{"error":"the model failed"}') },
    });
    expect(await queue.outcome(ids.canceled)).toMatchObject({ state: 'canceled' });
    expect(await queue.outcome(ids.queued)).toBeUndefined();
  });

  test('are found by their idempotency keys', async () => {
    const queue = await open();
    const request = {
      path: '/v2/models/m/infer',
      headers: { 'content-type': 'application/json' },
      model: 'm',
      owner: 'ann',
      webhookUrl: 'https://hooks.example/ann',
    };
    const repeated = (key: string, body: string) =>
      queue.enqueue({ ...request, body: Buffer.from(body), idempotencyKey: key });
    expect(await repeated('key-1', 'body of succeeded')).toMatchObject({
      request: { id: ids.succeeded },
      state: 'succeeded',
    });
    await expect(repeated('key-1', 'another body')).rejects.toMatchObject({
      code: 'ERR_JOBS_IDEMPOTENCY_MISMATCH',
    });
  });

  test('run, also where the process that ran them died, and their webhooks are delivered', async () => {
    const queue = await open();
    const options = { leaseMs: 60_000, signal: AbortSignal.timeout(60_000) };
    const first = await queue.leaseJob(options);
    const second = await queue.leaseJob(options);
    const claims = new Map([first, second].map((each) => [each?.request.id, each]));
    expect(claims.get(ids.queued)).toMatchObject({
      attempt: 1,
      body: Buffer.from('body of queued'),
      request: {
        ...{ path: '/v2/models/m/infer', model: 'm', owner: 'ann', requestId: 'request-1' },
        ...{ webhookUrl: 'https://hooks.example/ann', createdAtMs: 1_764_291_600_000 },
      },
    });
    expect(claims.get(ids.running)?.body).toEqual(Buffer.from([0, 10, 255, 123, 10]));
    for (const claim of claims.values()) {
      await claim?.finish({ state: 'failed', attempts: 1, finishedAtMs: Date.now() });
    }
    const webhooks = [await queue.leaseWebhook(options), await queue.leaseWebhook(options)];
    const delivered = webhooks.map((each) => each?.job.request.id);
    expect(delivered.sort()).toEqual([ids.succeeded, ids.queued].sort());
  });

  test('can be deleted, which frees their keys', async () => {
    const queue = await open();
    expect(await queue.remove(ids.succeeded)).toBe(true);
    expect(await queue.get(ids.succeeded)).toBeUndefined();
    const again = await queue.enqueue({
      path: '/v2/models/m/infer',
      headers: {},
      model: 'm',
      owner: 'ann',
      body: Buffer.from('another body'),
      idempotencyKey: 'key-1',
    });
    expect(again.state).toBe('queued');
  });
});
