import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import {
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { ModelRegistry, type ObjectStore, openStore } from '@fairlead/registry';
import { overwritePolicy, parseS3Url, s3Store, type S3StoreOptions } from '@fairlead/registry/s3';
import { verifyRegistry } from '@fairlead/registry/maintenance';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { describeObjectStore } from '../store/object-store-behavior.ts';
import { describeWindowStore } from '../store/window-store-behavior.ts';
import { runProcess } from '../support/run-process.ts';
import { digits, temporaryFolder } from '../support/sample-registry.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { type MotoServer, newBucket, s3Client, startMoto } from '@fairlead/test-support';

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

afterAll(async () => {
  client.destroy();
  await proxy.close();
  await moto.stop();
});

/** Creates an empty store under a new prefix. */
function newStore(options: Partial<S3StoreOptions> = {}): ObjectStore {
  return s3Store({ bucket, prefix: `test/${randomUUID()}`, client, ...options });
}

describeObjectStore('S3 store', newStore);
describeWindowStore('bucket', newStore);

describe('a bucket', () => {
  test('may be a registry without a prefix', async () => {
    const whole = await newBucket(client);
    const store = s3Store({ bucket: whole, client });
    expect(store.location).toBe(`s3://${whole}`);
    const registry = new ModelRegistry({ store });
    await registry.push(digits());
    await registry.setAlias('digits', 'champion', 1, { actor: 'ada' });
    expect(await registry.listModels()).toEqual([
      { model: 'digits', versions: 1, latestVersion: 1, aliases: { champion: 1 } },
    ]);
    expect(await verifyRegistry(registry.store)).toMatchObject({
      ok: true,
      manifests: 1,
      blobs: 1,
    });
  });

  test('can contain several separate registries', async () => {
    const [one, other] = ['shared/a', 'shared/ab'].map((prefix) => newStore({ prefix }));
    await one?.create('models/x', Buffer.from('1'));
    expect(await other?.list('')).toEqual([]);
    expect(await other?.size('models/x')).toBeUndefined();
  });

  test('is listed over all of its pages', async () => {
    // S3 has 1000 objects on a page; a page of 7 takes fewer writes.
    let pages = 0;
    const paging = s3Client(proxy.endpoint);
    paging.middlewareStack.add(
      (next, { commandName }) =>
        (args) => {
          if (commandName !== 'ListObjectsV2Command') return next(args);
          pages += 1;
          return next({ ...args, input: { ...args.input, MaxKeys: 7 } });
        },
      { step: 'initialize' },
    );
    const store = newStore({ client: paging });
    const names = Array.from({ length: 30 }, (_, index) => `k${String(index).padStart(5, '0')}`);
    await Promise.all(names.map((name) => store.create(`f/${name}`, Buffer.from('x'))));
    expect((await store.list('f')).map(({ name }) => name)).toEqual(names);
    expect(pages).toBe(5);
  });

  test('may contain foreign objects, which are ignored', async () => {
    const prefix = `test/${randomUUID()}`;
    const store = newStore({ prefix });
    for (const key of ['f/', 'f/.hidden', 'f/a b', 'f/fine']) {
      await client.send(
        new PutObjectCommand({ Bucket: bucket, Key: `${prefix}/${key}`, Body: 'x' }),
      );
    }
    expect(await store.list('f')).toEqual([{ name: 'fine', kind: 'object' }]);
  });

  test('that does not exist is an error, not an empty registry', async () => {
    const store = newStore({ bucket: 'never-created' });
    const missing = {
      code: 'ERR_REGISTRY_STORE_NOT_FOUND',
      message: expect.stringContaining('s3://never-created/') as unknown,
    };
    await expect(store.read('key', { maxBytes: 10 })).rejects.toMatchObject(missing);
    await expect(store.size('key')).rejects.toMatchObject(missing);
    await expect(store.list('models')).rejects.toMatchObject(missing);
    await expect(store.create('key', Buffer.from('x'))).rejects.toMatchObject(missing);
    await expect(store.stream('key')[Symbol.asyncIterator]().next()).rejects.toMatchObject(missing);
  });
});

describe('an upload of a killed process', () => {
  test('is swept when it is stale, in this registry only', async () => {
    const prefix = `test/${randomUUID()}`;
    const store = newStore({ prefix });
    await store.create('key', Buffer.from('data'));
    for (const Key of [`${prefix}/blobs/sha256/x`, `${prefix}-not/x`]) {
      const target = { Bucket: bucket, Key };
      const { UploadId } = await client.send(new CreateMultipartUploadCommand(target));
      const part = { ...target, UploadId, PartNumber: 1, Body: Buffer.alloc(100) };
      await client.send(new UploadPartCommand(part));
    }
    const uploads = async () => {
      const listed = new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix });
      return ((await client.send(listed)).Uploads ?? []).map(({ Key }) => Key);
    };
    expect(await store.sweep(3_600_000)).toBe(0);
    expect(await uploads()).toHaveLength(2);
    expect(await store.sweep(0)).toBe(1);
    expect(await uploads()).toEqual([`${prefix}-not/x`]);
    expect(await store.size('key')).toBe(4);
  });
});

describe('options', () => {
  test.each(['', 'UPPER', 'a', '1.2.3.4', 'a..b', 'a/b', '-ab', 'x'.repeat(64)])(
    'refuse the bucket %j',
    (name) => {
      expect(() => s3Store({ bucket: name, client })).toThrow(
        expect.objectContaining({ code: 'ERR_REGISTRY_INVALID_OPTION' }),
      );
    },
  );

  test.each(['../up', '/absolute', 'a//b', '.hidden', 'a b', 'a\0b', 'x/'.repeat(300)])(
    'refuse the prefix %j',
    (prefix) => {
      expect(() => s3Store({ bucket, prefix, client })).toThrow(
        expect.objectContaining({ code: 'ERR_REGISTRY_INVALID_OPTION' }),
      );
    },
  );

  test.each([
    { retryBudgetMs: -1 },
    { retryBudgetMs: NaN },
    { timeoutMs: 0 },
    { timeoutMs: 1e10 },
    { partBytes: 1024 },
  ])('refuse %j', (options) => {
    expect(() => newStore(options)).toThrow(
      expect.objectContaining({
        code: 'ERR_REGISTRY_INVALID_OPTION',
        message: expect.stringContaining(Object.keys(options)[0] ?? '') as unknown,
      }),
    );
  });

  test('may be read from an address', () => {
    expect(parseS3Url('s3://models/prod/eu')).toEqual({ bucket: 'models', prefix: 'prod/eu' });
    expect(parseS3Url('s3://models/prod/')).toEqual({ bucket: 'models', prefix: 'prod' });
    expect(parseS3Url('s3://models')).toEqual({ bucket: 'models', prefix: '' });
    for (const url of ['s3://', 's3:///x', 'models', 'S3://models', 's3://models/../x', 's3://A']) {
      expect(() => parseS3Url(url)).toThrow(
        expect.objectContaining({ code: 'ERR_REGISTRY_INVALID_OPTION' }),
      );
    }
  });
});

describe('openStore', () => {
  test('opens a folder by its path', async () => {
    const folder = temporaryFolder();
    expect((await openStore(folder)).location).toBe(folder);
    await expect(openStore(join(folder, 'missing'))).rejects.toMatchObject({
      code: 'ERR_REGISTRY_STORE_NOT_FOUND',
    });
    const made = await openStore(join(folder, 'made'), { create: true });
    expect(await made.create('key', Buffer.from('x'))).toBe(true);
  });

  test('opens a bucket by its address, with settings of the environment', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_S3', proxy.endpoint);
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
    const address = `s3://${bucket}/opened/${randomUUID()}`;
    const store = await openStore(`${address}/`, { retryBudgetMs: 1000 });
    expect(store.location).toBe(address);
    expect(await store.create('key', Buffer.from('data'))).toBe(true);
    expect(await (await openStore(address)).size('key')).toBe(4);
    vi.unstubAllEnvs();
  });

  test('rejects any other address', async () => {
    for (const address of ['https://example.com/x', 'S3://Bucket', 's3://', 'gs://bucket']) {
      await expect(openStore(address)).rejects.toMatchObject({
        code: 'ERR_REGISTRY_INVALID_OPTION',
      });
    }
  });

  test('loads the AWS SDK only for S3', async () => {
    const script = new URL('../support/processes/loaded-modules.ts', import.meta.url);
    expect(await runProcess(script, temporaryFolder())).toEqual([]);
  });
});

describe('the bucket policy', () => {
  test('denies overwriting, and deleting except to given roles', async () => {
    const policy = overwritePolicy({
      bucket,
      prefix: 'prod/',
      mayDelete: ['arn:aws:iam::111122223333:role/registry-gc'],
    });
    expect(policy).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'RegistryObjectsAreNeverOverwritten',
          Effect: 'Deny',
          Principal: '*',
          Action: 's3:PutObject',
          Resource: `arn:aws:s3:::${bucket}/prod/*`,
          Condition: {
            Null: { 's3:if-none-match': 'true' },
            Bool: { 's3:ObjectCreationOperation': 'true' },
          },
        },
        {
          Sid: 'RegistryObjectsAreDeletedByFew',
          Effect: 'Deny',
          Principal: '*',
          Action: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
          Resource: `arn:aws:s3:::${bucket}/prod/*`,
          Condition: {
            ArnNotLike: { 'aws:PrincipalArn': ['arn:aws:iam::111122223333:role/registry-gc'] },
          },
        },
      ],
    });
    const put = { Bucket: bucket, Policy: JSON.stringify(policy) };
    await client.send(new PutBucketPolicyCommand(put));
  });

  test('applies to the whole bucket without a prefix, in any partition', () => {
    const { Statement } = overwritePolicy({ bucket, partition: 'aws-cn' });
    expect(Statement.map(({ Resource }) => Resource)).toEqual([`arn:aws-cn:s3:::${bucket}/*`]);
    expect(() => overwritePolicy({ bucket: 'a*' })).toThrow('a*');
  });

  test('allows every write of the store: each has the condition, or creates no object', async () => {
    const from = proxy.requests.length;
    const store = newStore();
    await store.create('small', Buffer.from('x'));
    await store.create('big', () => chunks(9 * 1024 * 1024));
    const writes = proxy.requests
      .slice(from)
      .filter(({ method }) => method === 'PUT' || method === 'POST');
    // The check before the first write removes its probe.
    const creating = writes.filter(({ url }) => !/[?&](uploads|partNumber=\d+)\b/.test(url));
    expect(creating.filter(({ url }) => !url.includes('.conditional-write-check'))).toHaveLength(2);
    for (const { headers } of creating) expect(headers['if-none-match']).toBe('*');
  });
});

async function* chunks(bytes: number): AsyncGenerator<Uint8Array, void> {
  const chunk = Buffer.alloc(1024 * 1024, 'x');
  for (let sent = 0; sent < bytes; sent += chunk.length) yield await Promise.resolve(chunk);
}
