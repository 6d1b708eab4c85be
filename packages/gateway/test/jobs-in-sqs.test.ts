import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { ask, type Question } from './support/ask.ts';
import { eventually } from './support/eventually.ts';
import { startGatewayProcess, type GatewayProcess } from './support/gateway-process.ts';
import { startMoto, type MotoServer } from './support/moto-server.ts';
import { onnxModel, sampleRegistry } from './support/sample-registry.ts';
import { tempFolder } from './support/temp-folder.ts';

vi.setConfig({ testTimeout: 360_000, hookTimeout: 60_000 });

const BUCKET = 'acme-jobs';
const affine = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] };
const slow = { inputs: [{ name: 'times', datatype: 'INT64', shape: [1], data: [300_000] }] };

interface JobBody {
  readonly id: string;
  readonly status: string;
  readonly url: string;
  readonly result_url: string;
  readonly attempts?: number;
}

let moto: MotoServer;
let aws: Readonly<Record<string, string>>;
let createQueue: (name: string) => Promise<string>;

beforeAll(async () => {
  moto = await startMoto();
  const endpoint = `http://127.0.0.1:${moto.port}`;
  aws = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const connection = { endpoint, region: 'us-east-1', credentials };
  const s3 = new S3Client({ ...connection, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  s3.destroy();
  createQueue = async (QueueName) => {
    const sqs = new SQSClient(connection);
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName }));
    sqs.destroy();
    return QueueUrl;
  };
});
afterAll(() => moto.stop());

/** A gateway that shares no file with another but the registry. */
interface Host {
  readonly gateway: GatewayProcess;
  ask(path: string, question?: Question): ReturnType<typeof ask>;
}

async function startHost(variables: Readonly<Record<string, string>>): Promise<Host> {
  const socketPath = join(tempFolder(), 'gateway.sock');
  const gateway = startGatewayProcess({
    ...aws,
    FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
    FAIRLEAD_LISTEN: `unix:${socketPath}`,
    FAIRLEAD_JOBS_BUCKET: BUCKET,
    ...variables,
  });
  await gateway.logged('models loaded');
  return { gateway, ask: (path, question) => ask({ socketPath }, path, question) };
}

async function sampleModels(): Promise<string> {
  const folder = tempFolder();
  await sampleRegistry(folder, onnxModel('affine', 'affine'), onnxModel('slow', 'slow'));
  return folder;
}

async function accept(
  host: Host,
  model: string,
  body: object,
  more: Readonly<Record<string, string>> = {},
): Promise<JobBody> {
  const headers = { prefer: 'respond-async', ...more };
  const accepted = await host.ask(`/v2/models/${model}/infer`, { headers, body });
  expect([accepted.status, accepted.body]).toEqual([202, expect.any(String)]);
  return JSON.parse(accepted.body) as JobBody;
}

async function jobAt(host: Host, { url }: JobBody): Promise<JobBody> {
  const { status, body } = await host.ask(url);
  expect(status).toBe(200);
  return JSON.parse(body) as JobBody;
}

test('what one gateway accepted is answered by the other, once for one Idempotency-Key', async () => {
  const variables = {
    FAIRLEAD_REGISTRY: await sampleModels(),
    FAIRLEAD_JOBS_QUEUE_URL: await createQueue('shared'),
  };
  const [first, second] = [await startHost(variables), await startHost(variables)];
  const key = { 'idempotency-key': 'batch-7' };
  const job = await accept(first, 'affine', affine, key);
  expect((await accept(second, 'affine', affine, key)).id).toBe(job.id);
  await eventually(async () => (await jobAt(second, job)).status === 'succeeded' || undefined);
  for (const host of [first, second]) {
    const { status, body } = await host.ask(job.result_url);
    expect([status, JSON.parse(body)]).toMatchObject([200, { outputs: [{ data: [3, 5] }] }]);
  }
  expect((await first.ask('/metrics')).body).toContain('fairlead_jobs{state="queued"} 0');
  for (const { gateway } of [first, second]) gateway.signal('SIGTERM');
  expect([await first.gateway.ended, await second.gateway.ended]).toEqual([0, 0]);
});

test('a job whose gateway was killed is finished by the other, which tells its webhook', async () => {
  const told: string[] = [];
  const receiver = createServer((req, res) => {
    told.push(String(req.headers['webhook-id']));
    req.resume().on('end', () => res.end());
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  onTestFinished(() => {
    receiver.close();
    receiver.closeAllConnections();
  });
  const origin = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  const variables = {
    FAIRLEAD_REGISTRY: await sampleModels(),
    FAIRLEAD_JOBS_QUEUE_URL: await createQueue('killed'),
    FAIRLEAD_JOBS_WEBHOOK_QUEUE_URL: await createQueue('killed-webhooks'),
    // On a busy machine the slow model computes for longer than the time that ships.
    FAIRLEAD_DEADLINE_MS: '120000',
    FAIRLEAD_WEBHOOK_ORIGINS: origin,
    FAIRLEAD_WEBHOOK_SECRETS: `whsec_${Buffer.alloc(32, 1).toString('base64')}`,
  };
  const first = await startHost(variables);
  const job = await accept(first, 'slow', slow, { 'fairlead-webhook': `${origin}/done` });
  await eventually(async () => (await jobAt(first, job)).status === 'running' || undefined);
  // One at a time: this one waits.
  const canceled = await accept(first, 'affine', affine);
  expect((await first.ask(canceled.url, { method: 'DELETE' })).status).toBe(200);
  // Only now, so that it is the first that runs it.
  const second = await startHost(variables);
  expect((await jobAt(second, canceled)).status).toBe('canceled');
  expect((await jobAt(second, job)).status).toBe('running');
  first.gateway.signal('SIGKILL');
  expect(await first.gateway.ended).toBe('SIGKILL');
  const ended = await vi.waitFor(
    async () => {
      const asked = await jobAt(second, job);
      expect(asked.status).toBe('succeeded');
      return asked;
    },
    { timeout: 240_000, interval: 200 },
  );
  expect(ended.attempts).toBe(2);
  expect((await second.ask(job.result_url)).status).toBe(200);
  await eventually(() => told.length > 0 || undefined);
  expect(new Set(told)).toEqual(new Set([job.id]));
  second.gateway.signal('SIGTERM');
  expect(await second.gateway.ended).toBe(0);
});

const nowhere = 'http://127.0.0.1:PORT/123456789012/nowhere';
const origins = {
  FAIRLEAD_WEBHOOK_ORIGINS: 'https://hooks.example',
  FAIRLEAD_WEBHOOK_SECRETS: `whsec_${Buffer.alloc(32, 1).toString('base64')}`,
};
test.each([
  ['FAIRLEAD_JOBS_QUEUE_URL', nowhere, {}],
  ['FAIRLEAD_JOBS_WEBHOOK_QUEUE_URL', nowhere, origins],
  ['FAIRLEAD_JOBS_BUCKET', 'nowhere', {}],
])('%s=%s, where nothing is, stops the start', async (variable, value, more) => {
  const gateway = startGatewayProcess({
    ...aws,
    FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
    FAIRLEAD_REGISTRY: tempFolder(),
    FAIRLEAD_LISTEN: '127.0.0.1:0',
    FAIRLEAD_JOBS_QUEUE_URL: await createQueue('refused'),
    FAIRLEAD_JOBS_BUCKET: BUCKET,
    ...more,
    [variable]: value.replace('PORT', String(moto.port)),
  });
  expect(await gateway.ended).toBe(1);
  expect(gateway.output()).toContain(`${variable} can't be used`);
});

test('while SQS and S3 are away a gateway starts and answers, and refuses jobs', async () => {
  const away = 'http://127.0.0.1:9';
  const host = await startHost({
    AWS_ENDPOINT_URL: away,
    AWS_MAX_ATTEMPTS: '1',
    FAIRLEAD_REGISTRY: await sampleModels(),
    FAIRLEAD_JOBS_QUEUE_URL: `${away}/123456789012/jobs`,
  });
  expect((await host.ask('/v2/models/affine/infer', { body: affine })).status).toBe(200);
  const headers = { prefer: 'respond-async' };
  const refused = await host.ask('/v2/models/affine/infer', { headers, body: affine });
  expect(refused.status).toBeGreaterThanOrEqual(500);
  host.gateway.signal('SIGTERM');
  expect(await host.gateway.ended).toBe(0);
});
