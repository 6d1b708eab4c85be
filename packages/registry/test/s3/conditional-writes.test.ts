import { randomUUID } from 'node:crypto';
import {
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3';
import { s3Store, type S3StoreOptions } from '@fairlead/registry/s3';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { FaultProxy } from '../support/fault-proxy.ts';
import { type MotoServer, newBucket, s3Client, startMoto } from '@fairlead/test-support';

const unsupported = { code: 'ERR_REGISTRY_STORE_UNSUPPORTED' };
const denied = { status: 403, code: 'AccessDenied' };
const isProbe = (url: string): boolean => url.includes('/.conditional-write-check');

let moto: MotoServer;
let proxy: FaultProxy;
let client: S3Client;
let bucket: string;

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

/** A store, and the client through which it overlooks conditions of the commands that `overlooks` names. */
function storeThat(overlooks: readonly string[], options: Partial<S3StoreOptions> = {}) {
  const prefix = `test/${randomUUID()}`;
  const send = (command: { constructor: { name: string }; input: object }, sendOptions: object) => {
    if (overlooks.includes(command.constructor.name))
      Reflect.deleteProperty(command.input, 'IfNoneMatch');
    return client.send(command as never, sendOptions);
  };
  const sender = { send } as unknown as NonNullable<S3StoreOptions['client']>;
  const store = s3Store({ bucket, prefix, client: sender, partBytes: 5 * 1024 * 1024, ...options });
  const keys = async (): Promise<readonly string[]> => {
    const { Contents = [] } = await client.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }),
    );
    return Contents.map(({ Key = '' }) => Key.slice(prefix.length + 1));
  };
  const uploads = async (): Promise<number> => {
    const { Uploads = [] } = await client.send(
      new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix }),
    );
    return Uploads.length;
  };
  return { store, keys, uploads };
}

async function* big(): AsyncGenerator<Uint8Array, void> {
  for (let part = 0; part < 6; part += 1) yield await Promise.resolve(Buffer.alloc(1024 * 1024));
}

const probes = (from: number): readonly string[] =>
  proxy.requests.slice(from).flatMap(({ method, url }) => (isProbe(url) ? [method] : []));

test('a store that honors the condition is checked once, with three requests, and cleaned up', async () => {
  const { store, keys } = storeThat([]);
  const from = proxy.requests.length;
  await Promise.all([store.create('a', Buffer.from('a')), store.create('b', Buffer.from('b'))]);
  await store.checkConditionalWrites?.();
  expect(probes(from)).toEqual(['PUT', 'PUT', 'DELETE']);
  expect(await keys()).toEqual(['a', 'b']);
});

test('a store that ignores the condition is detected before anything is written', async () => {
  const { store, keys } = storeThat(['PutObjectCommand']);
  const write = store.create('a', Buffer.from('a'));
  await expect(write).rejects.toMatchObject(unsupported);
  await expect(write).rejects.toThrow('overlooks If-None-Match (PutObject overwrote an object)');
  const from = proxy.requests.length;
  await expect(store.checkConditionalWrites?.()).rejects.toMatchObject(unsupported);
  await expect(store.create('b', () => big())).rejects.toMatchObject(unsupported);
  expect(probes(from)).toEqual([]);
  expect(await keys()).toEqual([]);
});

test('a store that ignores it for uploads in parts is detected before such a record is written', async () => {
  const { store, keys, uploads } = storeThat(['CompleteMultipartUploadCommand']);
  await expect(store.create('big', () => big())).rejects.toThrow(
    'CompleteMultipartUpload overwrote an object',
  );
  // A blob, which is named by its bytes, can only be overwritten by itself.
  const blob = `blobs/sha256/${'0'.repeat(64)}`;
  expect(await store.create(blob, () => big())).toBe(true);
  expect(await keys()).toEqual([blob]);
  expect(await uploads()).toBe(0);
});

test('a store that honors it for uploads in parts accepts them, and the check leaves no object', async () => {
  const { store, keys, uploads } = storeThat([]);
  expect(await store.create('big', () => big())).toBe(true);
  expect(await keys()).toEqual(['big']);
  expect(await uploads()).toBe(0);
});

test('without permission to write, the check is skipped, and reading works', async () => {
  const { store } = storeThat([]);
  await store.create('a', Buffer.from('a'));
  const { store: reader } = storeThat([]);
  proxy.inject({ when: ({ method }) => method === 'PUT', what: denied });
  await expect(reader.checkConditionalWrites?.()).resolves.toBeUndefined();
  await expect(reader.create('b', Buffer.from('b'))).rejects.toMatchObject({
    code: 'ERR_REGISTRY_STORE_DENIED',
  });
});

test('without permission to delete, the probe stays, and the next process needs one request', async () => {
  const prefix = `test/${randomUUID()}`;
  const open = () => s3Store({ bucket, prefix, client });
  proxy.inject({ when: ({ method }) => method === 'DELETE', what: denied });
  const first = open();
  await first.create('a', Buffer.from('a'));
  const from = proxy.requests.length;
  await open().create('b', Buffer.from('b'));
  expect(probes(from)).toEqual(['PUT']);
  // No listing shows it.
  expect((await first.list('')).map(({ name }) => name)).toEqual(['a', 'b']);
});

test('after a temporary failure the next write checks again', async () => {
  const { store } = storeThat([], { retryBudgetMs: 0 });
  proxy.inject({
    when: ({ method, url }) => method === 'PUT' && isProbe(url),
    what: { status: 503, code: 'SlowDown' },
  });
  await expect(store.create('a', Buffer.from('a'))).rejects.toMatchObject({
    code: 'ERR_REGISTRY_STORE_UNAVAILABLE',
  });
  proxy.heal();
  expect(await store.create('a', Buffer.from('a'))).toBe(true);
});

test('a store with conditionalWrites: assume is not checked', async () => {
  const { store } = storeThat([], { conditionalWrites: 'assume' });
  const from = proxy.requests.length;
  await store.create('a', Buffer.from('a'));
  expect(probes(from)).toEqual([]);
});
