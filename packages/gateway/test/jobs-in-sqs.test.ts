import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import {
  awsTestConnection,
  httpCall,
  newBucket,
  s3Client,
  startMoto,
  temporaryFolder,
  until,
  type HttpRequest,
  type HttpResponse,
  type MotoServer,
} from '@fairlead/test-support';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { startAffineUpstream } from './support/affine-upstream.ts';
import { awsEnvironment } from './support/aws-environment.ts';
import { setEnvironment } from './support/set-environment.ts';
import { startGatewayProcess } from './support/gateway-process.ts';
import { onnxVersion, sampleRegistry, upstreamVersion } from './support/sample-registry.ts';
import { startShortPolls } from './support/short-polls.ts';
import { startGateway } from './support/start-gateway.ts';

const affine = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] };

interface JobBody {
  readonly id: string;
  readonly status: string;
  readonly url: string;
  readonly result_url: string;
  readonly attempts?: number;
}

let moto: MotoServer;
let bucket: string;
let sqs: SQSClient;

beforeAll(async () => {
  moto = await startMoto();
  setEnvironment(awsEnvironment(moto.endpoint));
  const s3 = s3Client(moto.endpoint);
  bucket = await newBucket(s3);
  s3.destroy();
  sqs = new SQSClient({ endpoint: moto.endpoint, ...awsTestConnection });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  sqs.destroy();
  await moto.stop();
});

async function createQueue(name: string): Promise<string> {
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
  return QueueUrl;
}

/** Sends a request to a gateway. */
type Call = (path: string, request?: HttpRequest) => Promise<HttpResponse>;

async function sampleModels(): Promise<string> {
  const folder = temporaryFolder();
  await sampleRegistry(folder, onnxVersion('affine', 'affine'), upstreamVersion('remote'));
  return folder;
}

async function accept(
  call: Call,
  model: string,
  more: Readonly<Record<string, string>> = {},
): Promise<JobBody> {
  const headers = { prefer: 'respond-async', ...more };
  const accepted = await call(`/v2/models/${model}/infer`, { headers, body: affine });
  expect([accepted.status, accepted.body]).toEqual([202, expect.any(String)]);
  return JSON.parse(accepted.body) as JobBody;
}

async function jobAt(call: Call, { url }: JobBody): Promise<JobBody> {
  const { status, body } = await call(url);
  expect(status).toBe(200);
  return JSON.parse(body) as JobBody;
}

test('a job that one gateway accepted is answered by another, once for one Idempotency-Key', async () => {
  const variables = {
    FAIRLEAD_REGISTRY: await sampleModels(),
    FAIRLEAD_MODELS: 'affine',
    FAIRLEAD_JOBS_BUCKET: bucket,
    FAIRLEAD_JOBS_QUEUE_URL: await createQueue('shared'),
  };
  const [first, second] = [await startGateway(variables), await startGateway(variables)];
  const key = { 'idempotency-key': 'batch-7' };
  const job = await accept(first.call, 'affine', key);
  expect((await accept(second.call, 'affine', key)).id).toBe(job.id);
  await until(async () => (await jobAt(second.call, job)).status === 'succeeded');
  for (const { call } of [first, second]) {
    const { status, body } = await call(job.result_url);
    expect([status, JSON.parse(body)]).toMatchObject([200, { outputs: [{ data: [3, 5] }] }]);
  }
  expect((await first.call('/metrics')).body).toContain('fairlead_jobs{state="queued"} 0');
  for (const { gateway } of [first, second]) expect(await gateway.close()).toBe(true);
});

test('a job whose gateway was killed is finished by another, which sends its webhook', async () => {
  const received: string[] = [];
  const receiver = createServer((req, res) => {
    received.push(String(req.headers['webhook-id']));
    req.resume().on('end', () => res.end());
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  onTestFinished(() => {
    receiver.close();
    receiver.closeAllConnections();
  });
  const origin = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  const shortPolls = await startShortPolls(moto.port);
  const queueThere = async (name: string) =>
    (await createQueue(name)).replace(moto.endpoint, shortPolls);
  const variables = {
    FAIRLEAD_REGISTRY: await sampleModels(),
    FAIRLEAD_JOBS_BUCKET: bucket,
    FAIRLEAD_JOBS_QUEUE_URL: await queueThere('killed'),
    FAIRLEAD_JOBS_WEBHOOK_QUEUE_URL: await queueThere('killed-webhooks'),
    FAIRLEAD_JOBS_LEASE_MS: '3000',
    // The first gateway computes until it is killed.
    FAIRLEAD_DEADLINE_MS: '600000',
    FAIRLEAD_WEBHOOK_ORIGINS: origin,
    FAIRLEAD_WEBHOOK_SECRETS: `whsec_${Buffer.alloc(32, 1).toString('base64')}`,
  };
  const [hanging, working] = [await startAffineUpstream(), await startAffineUpstream()];
  const socketPath = join(temporaryFolder(), 'gateway.sock');
  const first = startGatewayProcess({
    ...awsEnvironment(moto.endpoint),
    FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
    FAIRLEAD_LISTEN: `unix:${socketPath}`,
    ...variables,
    FAIRLEAD_FLASK_ADDRESS: hanging.address,
  });
  await first.logged('models loaded');
  hanging.hang();
  const atFirst: Call = (path, request) => httpCall({ socketPath }, path, request);
  const job = await accept(atFirst, 'remote', { 'fairlead-webhook': `${origin}/done` });
  await until(async () => (await jobAt(atFirst, job)).status === 'running');
  // One at a time: this one waits.
  const canceled = await accept(atFirst, 'affine');
  expect((await atFirst(canceled.url, { method: 'DELETE' })).status).toBe(200);
  // Not before: the job must run in the first gateway.
  const { call: atSecond, gateway: second } = await startGateway({
    ...variables,
    FAIRLEAD_FLASK_ADDRESS: working.address,
  });
  expect((await jobAt(atSecond, canceled)).status).toBe('canceled');
  expect((await jobAt(atSecond, job)).status).toBe('running');
  first.signal('SIGKILL');
  expect(await first.ended).toBe('SIGKILL');
  const ended = await until(async () => {
    const read = await jobAt(atSecond, job);
    return read.status === 'succeeded' && read;
  });
  expect(ended.attempts).toBe(2);
  expect((await atSecond(job.result_url)).body).toContain('[3,5]');
  await until(() => received.length > 0);
  expect(new Set(received)).toEqual(new Set([job.id]));
  expect(await second.close()).toBe(true);
});

const missing = 'http://127.0.0.1:PORT/123456789012/missing';
const origins = {
  FAIRLEAD_WEBHOOK_ORIGINS: 'https://hooks.example',
  FAIRLEAD_WEBHOOK_SECRETS: `whsec_${Buffer.alloc(32, 1).toString('base64')}`,
};
test.each([
  ['FAIRLEAD_JOBS_QUEUE_URL', missing, {}],
  ['FAIRLEAD_JOBS_WEBHOOK_QUEUE_URL', missing, origins],
  ['FAIRLEAD_JOBS_BUCKET', 'missing', {}],
])('%s=%s, which does not exist, stops the start', async (variable, value, more) => {
  const starting = startGateway({
    FAIRLEAD_REGISTRY: temporaryFolder(),
    FAIRLEAD_JOBS_QUEUE_URL: await createQueue('refused'),
    FAIRLEAD_JOBS_BUCKET: bucket,
    ...more,
    [variable]: value.replace('PORT', String(moto.port)),
  });
  await expect(starting).rejects.toThrow(`${variable} can't be used`);
});

test('while SQS and S3 are unreachable a gateway starts and answers, and rejects jobs', async () => {
  const unreachable = 'http://127.0.0.1:9';
  setEnvironment({ AWS_ENDPOINT_URL: unreachable, AWS_MAX_ATTEMPTS: '1' });
  onTestFinished(() => {
    setEnvironment({ AWS_ENDPOINT_URL: moto.endpoint, AWS_MAX_ATTEMPTS: '' });
  });
  const { gateway, call } = await startGateway({
    FAIRLEAD_REGISTRY: await sampleModels(),
    FAIRLEAD_MODELS: 'affine',
    FAIRLEAD_JOBS_BUCKET: bucket,
    FAIRLEAD_JOBS_QUEUE_URL: `${unreachable}/123456789012/jobs`,
  });
  expect((await call('/v2/models/affine/infer', { body: affine })).status).toBe(200);
  const headers = { prefer: 'respond-async' };
  const rejected = await call('/v2/models/affine/infer', { headers, body: affine });
  expect(rejected.status).toBeGreaterThanOrEqual(500);
  expect(await gateway.close()).toBe(true);
});
