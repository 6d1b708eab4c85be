import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadPartCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { ModelRegistry } from '@fairlead/registry';
import { s3Store, type S3StoreOptions } from '@fairlead/registry/s3';
import { verifyRegistry } from '@fairlead/registry/maintenance';
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest';
import { BIG_PARTS, bigRequest } from '../support/big-request.ts';
import { FaultProxy, type SeenRequest } from '../support/fault-proxy.ts';
import { type MotoServer, newBucket, s3Client, startMoto } from '@fairlead/test-support';
import { ended, nodeArguments } from '../support/run-process.ts';
import { rejection } from '../support/sample-registry.ts';

const PART_BYTES = 5 * 1024 * 1024;
const request = bigRequest();
const bytes = request.files['model.onnx'] as Uint8Array;
const sha256 = createHash('sha256').update(bytes).digest('hex');

let moto: MotoServer;
let proxy: FaultProxy;
let client: S3Client;
let bucket: string;
let prefix: string;

beforeAll(async () => {
  moto = await startMoto();
  proxy = await FaultProxy.start(moto.port);
  client = s3Client(proxy.endpoint);
  bucket = await newBucket(client);
});
afterEach(() => {
  proxy.heal();
});
afterAll(async () => {
  client.destroy();
  await proxy.close();
  await moto.stop();
});

const partNumber = ({ url }: SeenRequest): number => Number(/partNumber=(\d+)/.exec(url)?.[1] ?? 0);

/** Numbers of the parts that were sent since the count began. */
function countParts(): () => readonly number[] {
  const before = proxy.requests.length;
  return () =>
    proxy.requests
      .slice(before)
      .map(partNumber)
      .filter((number) => number > 0)
      .sort((a, b) => a - b);
}

function newRegistry(options: Partial<S3StoreOptions> = {}): ModelRegistry {
  const store = s3Store({ bucket, prefix, client, partBytes: PART_BYTES, ...options });
  return new ModelRegistry({ store });
}

const target = () => ({ Bucket: bucket, Key: `${prefix}/blobs/sha256/${sha256}` });

async function uploads(): Promise<readonly string[]> {
  const command = new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix });
  return ((await client.send(command)).Uploads ?? []).map(({ UploadId = '' }) => UploadId);
}

async function partsThere(): Promise<number> {
  const [UploadId] = await uploads();
  if (UploadId === undefined) return 0;
  return (await client.send(new ListPartsCommand({ ...target(), UploadId }))).Parts?.length ?? 0;
}

/** Checks that the version is complete, and no upload is left. */
async function expectWhole(registry: ModelRegistry): Promise<void> {
  const { read } = await registry.openVersion('digits', 1);
  expect(Buffer.from(await read('model.onnx')).equals(bytes)).toBe(true);
  expect(await uploads()).toEqual([]);
  expect(await verifyRegistry(registry.store)).toMatchObject({ problems: [], blobs: 1 });
}

test('a killed push is resumed: the parts that S3 has are not sent again', async () => {
  prefix = `test/${randomUUID()}`;
  proxy.inject({ when: (each) => partNumber(each) > 2, what: 'hang' });
  const script = new URL('../support/processes/push-big-to-s3.ts', import.meta.url);
  const child = spawn(process.execPath, nodeArguments(script, proxy.endpoint, bucket, prefix), {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  for (let tries = 0; (await partsThere()) < 2; tries += 1) {
    expect(tries).toBeLessThan(500);
    await sleep(100);
  }
  child.kill('SIGKILL');
  await ended(child);
  proxy.heal();

  const sent = countParts();
  const registry = newRegistry();
  expect(await registry.push(request)).toMatchObject({ created: true });
  expect(sent()).toEqual([3]);
  await expectWhole(registry);
});

test('a push that failed in S3 is resumed', async () => {
  prefix = `test/${randomUUID()}`;
  const times = { when: (each: SeenRequest) => partNumber(each) === BIG_PARTS };
  proxy.inject({ ...times, what: { status: 500, code: 'InternalError' } });
  const failing = newRegistry({
    retryBudgetMs: 300,
    client: s3Client(proxy.endpoint, { maxAttempts: 1 }),
  });
  expect(await rejection(failing.push(request))).toMatchObject({
    code: 'ERR_REGISTRY_STORE_UNAVAILABLE',
  });
  proxy.heal();
  const sent = countParts();
  const registry = newRegistry();
  await registry.push(request);
  expect(sent()).toEqual([BIG_PARTS]);
  await expectWhole(registry);
});

test('wrong parts are replaced, also those of another sender', async () => {
  prefix = `test/${randomUUID()}`;
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(target()));
  const send = (PartNumber: number, Body: Uint8Array) =>
    client.send(new UploadPartCommand({ ...target(), UploadId, PartNumber, Body }));
  await send(1, bytes.subarray(0, PART_BYTES));
  await send(2, Buffer.alloc(PART_BYTES, 'x'));
  await send(3, bytes.subarray(0, 100));
  await send(99, Buffer.alloc(PART_BYTES, 'x'));
  const sent = countParts();
  const registry = newRegistry();
  await registry.push(request);
  expect(sent()).toEqual([2, 3]);
  await expectWhole(registry);
});

test('without permission to list uploads a push starts again', async () => {
  prefix = `test/${randomUUID()}`;
  await client.send(new CreateMultipartUploadCommand(target()));
  const lists = ({ method, url }: SeenRequest) => method === 'GET' && url.includes('uploads');
  const denied = proxy.inject({ when: lists, what: { status: 403, code: 'AccessDenied' } });
  const sent = countParts();
  const registry = newRegistry();
  await registry.push(request);
  expect(denied()).toBeGreaterThan(0);
  expect(sent()).toHaveLength(BIG_PARTS);
});

test('an upload that was aborted before its parts are listed is started again', async () => {
  prefix = `test/${randomUUID()}`;
  await client.send(new CreateMultipartUploadCommand(target()));
  const asks = ({ method, url }: SeenRequest) => method === 'GET' && url.includes('uploadId=');
  proxy.inject({ when: asks, times: 1, what: { status: 404, code: 'NoSuchUpload' } });
  const registry = newRegistry();
  await registry.push(request);
  expect((await registry.openVersion('digits', 1)).manifest.files[0]?.sha256).toBe(sha256);
});

test('two simultaneous pushes of the same content both succeed, with one object', async () => {
  prefix = `test/${randomUUID()}`;
  const [first, second] = [newRegistry(), newRegistry()];
  // The second finds the first one's upload under way.
  let pushing: Promise<unknown> | undefined;
  proxy.inject({
    when: (each) => partNumber(each) === 2,
    times: 1,
    what: {
      after: () => Promise.resolve((pushing ??= second.push(request)).then(() => undefined)),
    },
  });
  await first.push(request);
  await pushing;
  expect((await first.listVersions('digits')).map(({ version }) => version)).toEqual([1, 2]);
  await expectWhole(first);
});

test('a source that fails leaves no upload', async () => {
  prefix = `test/${randomUUID()}`;
  const store = s3Store({ bucket, prefix, client, partBytes: PART_BYTES });
  async function* failing() {
    yield await Promise.resolve(bytes.subarray(0, 2 * PART_BYTES));
    throw new Error('the disk was removed');
  }
  await expect(store.create(`blobs/sha256/${sha256}`, failing)).rejects.toThrow('the disk');
  expect(await uploads()).toEqual([]);
});
