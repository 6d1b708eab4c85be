import { randomBytes, randomUUID } from 'node:crypto';
import {
  ListMultipartUploadsCommand,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { AliasConflictError, ModelRegistry, type ObjectStore } from '@fairlead/registry';
import { s3Store, type S3StoreOptions } from '@fairlead/registry/s3';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { digits, rejection } from '../support/sample-registry.ts';
import { type Fault, FaultProxy, type SeenRequest } from '../support/fault-proxy.ts';
import { type MotoServer, newBucket, s3Client, startMoto } from '@fairlead/test-support';
import { surviveOutage } from '../support/soak/outage.ts';

const MIB = 1024 * 1024;
const limits = { maxBytes: MIB };

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

function newStore(options: Partial<S3StoreOptions> = {}, config?: S3ClientConfig): ObjectStore {
  prefix = `test/${randomUUID()}`;
  const sender = config === undefined ? client : s3Client(proxy.endpoint, config);
  // The faults are for the writes themselves.
  const conditionalWrites = 'assume';
  return s3Store({ bucket, prefix, client: sender, conditionalWrites, ...options });
}

const puts = ({ method, url }: SeenRequest): boolean =>
  method === 'PUT' && !url.includes('partNumber');
const parts = ({ url }: SeenRequest): boolean => url.includes('partNumber');
const begins = ({ method, url }: SeenRequest): boolean =>
  method === 'POST' && url.includes('?uploads');
const completes = ({ method, url }: SeenRequest): boolean =>
  method === 'POST' && url.includes('uploadId=');
const gets = ({ method, url }: SeenRequest): boolean =>
  method === 'GET' && !url.includes('list-type');
const refuse = (status: number, code: string): Fault['what'] => ({ status, code });

// Two parts of an upload, whose first one has at least 5 MiB in S3.
const big = randomBytes(5.5 * MIB);

async function* bigBody(): AsyncGenerator<Uint8Array, void> {
  // As a file is read: all chunks share one memory.
  const memory = Buffer.alloc(700_000);
  for (let start = 0; start < big.length; start += memory.length) {
    const length = big.copy(memory, 0, start, start + memory.length);
    yield await Promise.resolve(memory.subarray(0, length));
  }
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

async function unfinishedUploads(): Promise<number> {
  const listed = await client.send(
    new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: `${prefix}/` }),
  );
  return listed.Uploads?.length ?? 0;
}

/** The SDK tries again by itself, or leaves it to the store: both have to end right. */
const clients: readonly [string, S3ClientConfig | undefined][] = [
  ['the SDK tries again', undefined],
  ['the store tries again', { maxAttempts: 1 }],
];

describe.each(clients)('a small write, when %s,', (_who, config) => {
  test('succeeds when its answer was lost and S3 refuses the retry (412)', async () => {
    const store = newStore({}, config);
    const lost = proxy.inject({ when: puts, times: 2, what: 'lose answer' });
    expect(await store.create('key', Buffer.from('mine'))).toBe(true);
    expect(lost()).toBe(2);
    expect(Buffer.from((await store.read('key', limits)) ?? []).toString()).toBe('mine');
  });

  test('fails when its answer was lost and another writer was first', async () => {
    const store = newStore({}, config);
    // The same bytes: only the nonce of the writer differs.
    await store.create('key', Buffer.from('same'));
    const lost = proxy.inject({ when: puts, times: 1, what: 'lose answer' });
    expect(await store.create('key', Buffer.from('same'))).toBe(false);
    expect(lost()).toBe(1);
  });

  test.each<[string, Fault['what']]>([
    ['is cut off on the way', 'cut request'],
    ['conflicts with a simultaneous write (409)', refuse(409, 'ConditionalRequestConflict')],
    ['is throttled', refuse(503, 'SlowDown')],
    ['gets an internal error of S3', refuse(500, 'InternalError')],
    ['times out in S3', refuse(400, 'RequestTimeout')],
  ])('succeeds when it %s', async (_what, what) => {
    const store = newStore({}, config);
    const happened = proxy.inject({ when: puts, times: 3, what });
    expect(await store.create('key', Buffer.from('mine'))).toBe(true);
    expect(happened()).toBe(3);
    expect(await store.size('key')).toBe(4);
  });

  test('succeeds with a wrong clock: the answer of S3 has the time', async () => {
    const store = newStore({}, config);
    const anHourAhead = new Date(Date.now() + 3_600_000).toUTCString();
    const skewed = proxy.inject({
      when: puts,
      times: 1,
      what: { status: 403, code: 'RequestTimeTooSkewed', headers: { date: anHourAhead } },
    });
    const from = proxy.requests.length;
    expect(await store.create('key', Buffer.from('mine'))).toBe(true);
    expect(skewed()).toBe(1);
    const [first, second] = proxy.requests.slice(from).filter(puts).map(signedAt);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThan(3_000_000);
  });

  test('is retried when the object that conflicted was deleted', async () => {
    const store = newStore({}, config);
    const refused = proxy.inject({ when: puts, times: 1, what: refuse(412, 'PreconditionFailed') });
    expect(await store.create('key', Buffer.from('mine'))).toBe(true);
    expect(refused()).toBe(1);
  });
});

/** Returns the time when a request was signed, in milliseconds since 1970. */
function signedAt({ headers }: SeenRequest): number {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(headers['x-amz-date'])) ?? [];
  return Date.parse(
    `${year ?? ''}-${month ?? ''}-${day ?? ''}T${hour ?? ''}:${minute ?? ''}:${second ?? ''}Z`,
  );
}

describe.each(clients)('an upload in parts, when %s,', (_who, config) => {
  test.each<[string, (request: SeenRequest) => boolean, Fault['what']]>([
    ['the answer to its start is lost', begins, 'lose answer'],
    ['a part is cut off on the way', parts, 'cut request'],
    ['the answer to a part is lost', parts, 'lose answer'],
    ['its parts are throttled', parts, refuse(503, 'SlowDown')],
    ['the answer to its completion is lost', completes, 'lose answer'],
    ['its completion is cut off', completes, 'cut request'],
    ['its completion conflicts (409)', completes, refuse(409, 'ConditionalRequestConflict')],
    ['S3 loses it', completes, refuse(404, 'NoSuchUpload')],
    ['S3 loses it before all parts are sent', parts, refuse(404, 'NoSuchUpload')],
    ['S3 fails after a 200', completes, refuse(200, 'InternalError')],
  ])('succeeds when %s', async (_what, when, what) => {
    const store = newStore({ partBytes: 5 * MIB }, config);
    const happened = proxy.inject({ when, times: 1, what });
    expect(await store.create('big', bigBody)).toBe(true);
    expect(happened()).toBe(1);
    expect((await collect(store.stream('big'))).equals(big)).toBe(true);
    expect(await store.create('big', bigBody)).toBe(false);
  });
});

describe('an upload in parts', () => {
  test('does not overwrite a faster writer, and leaves no upload', async () => {
    const store = newStore({ partBytes: 5 * MIB });
    const rival = new PutObjectCommand({ Bucket: bucket, Key: `${prefix}/big`, Body: 'rival' });
    proxy.inject({ when: begins, times: 1, what: { after: () => client.send(rival) } });
    expect(await store.create('big', bigBody)).toBe(false);
    expect(await store.size('big')).toBe(5);
    expect(await unfinishedUploads()).toBe(0);
  });

  test('is restarted when a sweep aborted its upload as a leftover', async () => {
    const store = newStore({ partBytes: 5 * MIB });
    const swept = proxy.inject({ when: begins, times: 1, what: { after: () => store.sweep(0) } });
    expect(await store.create('big', bigBody)).toBe(true);
    expect(swept()).toBe(1);
    expect((await collect(store.stream('big'))).equals(big)).toBe(true);
    expect(await unfinishedUploads()).toBe(0);
  });

  test('is not aborted by the sweep of another writer that begins to push', async () => {
    const store = newStore({ partBytes: 5 * MIB });
    const other = new ModelRegistry({ store });
    const pushed = proxy.inject({
      when: begins,
      what: { after: () => other.push(digits('small')) },
    });
    expect(await store.create('big', bigBody)).toBe(true);
    expect(pushed()).toBe(1);
  });

  test('leaves no upload when its source fails', async () => {
    const store = newStore({ partBytes: 5 * MIB });
    const failure = new Error('the disk was removed');
    async function* failing() {
      for await (const chunk of bigBody()) yield chunk;
      throw failure;
    }
    await expect(store.create('big', failing)).rejects.toBe(failure);
    expect(await store.size('big')).toBeUndefined();
    expect(await unfinishedUploads()).toBe(0);
  });

  test('leaves no upload when S3 keeps rejecting a part', async () => {
    const store = newStore({ partBytes: 5 * MIB, retryBudgetMs: 300 }, { maxAttempts: 1 });
    proxy.inject({ when: parts, what: refuse(500, 'InternalError') });
    await expect(store.create('big', bigBody)).rejects.toMatchObject({
      code: 'ERR_REGISTRY_STORE_UNAVAILABLE',
      message: expect.stringContaining(`s3://${bucket}/${prefix}/big`) as unknown,
    });
    expect(await unfinishedUploads()).toBe(0);
  });

  test('fails when S3 loses its upload repeatedly', async () => {
    const store = newStore({ partBytes: 5 * MIB });
    proxy.inject({ when: completes, what: refuse(404, 'NoSuchUpload') });
    await expect(store.create('big', bigBody)).rejects.toMatchObject({
      code: 'ERR_REGISTRY_STORE_UNAVAILABLE',
      message: expect.stringContaining('lost its upload') as unknown,
    });
  });
});

describe('a read', () => {
  test('continues where its connection broke, several times', async () => {
    const store = newStore();
    await store.create('big', bigBody);
    const cut = proxy.inject({ when: gets, times: 3, what: 'cut answer' });
    const from = proxy.requests.length;
    expect((await collect(store.stream('big'))).equals(big)).toBe(true);
    expect(cut()).toBe(3);
    const ranges = proxy.requests.slice(from).map(({ headers }) => headers.range);
    expect(ranges).toHaveLength(4);
    expect(ranges[0]).toBeUndefined();
    for (const range of ranges.slice(1)) expect(range).toMatch(/^bytes=[1-9]\d+-$/);
  });

  test('fails when the object was replaced while it was read', async () => {
    const store = newStore();
    await store.create('big', bigBody);
    const other = new PutObjectCommand({
      Bucket: bucket,
      Key: `${prefix}/big`,
      Body: randomBytes(big.length),
    });
    proxy.inject({ when: gets, times: 1, what: 'cut answer' });
    const stream = store.stream('big')[Symbol.asyncIterator]();
    await stream.next();
    await client.send(other);
    const rest = (async () => {
      while ((await stream.next()).done !== true);
    })();
    await expect(rest).rejects.toMatchObject({
      code: 'ERR_REGISTRY_CORRUPT',
      message: expect.stringContaining('exchanged') as unknown,
    });
  });

  test('of a record is complete or fails when its answer was cut off', async () => {
    const store = newStore();
    await store.create('key', big.subarray(0, 50_000));
    const cut = proxy.inject({ when: gets, times: 2, what: 'cut answer' });
    expect(
      Buffer.from((await store.read('key', limits)) ?? []).equals(big.subarray(0, 50_000)),
    ).toBe(true);
    expect(cut()).toBe(2);
  });

  test('times out while it waits for an answer, or for the rest of one', async () => {
    const store = newStore({ timeoutMs: 200 }, { maxAttempts: 1 });
    await store.create('key', Buffer.from('data'));
    const hung = proxy.inject({ when: gets, times: 2, what: 'hang' });
    expect(await store.size('key')).toBe(4);
    expect(hung()).toBe(2);
  });
});

describe('an unreachable store', () => {
  test('is retried: running operations succeed when it is reachable again', async () => {
    proxy.requests.length = 0;
    // Long enough for many attempts; the soak `registry-outage` stays away for 30 s.
    await surviveOutage({ store: newStore({}, { maxAttempts: 1 }), proxy, awayMs: 1000 });
  });

  test('is reported when the retry budget is used up, and works again afterwards', async () => {
    const store = newStore({ retryBudgetMs: 300 }, { maxAttempts: 1 });
    await store.create('key', Buffer.from('data'));
    proxy.vanish();
    const gone = {
      code: 'ERR_REGISTRY_STORE_UNAVAILABLE',
      message: expect.stringContaining(`s3://${bucket}/${prefix}/`) as unknown,
    };
    await expect(store.read('key', limits)).rejects.toMatchObject(gone);
    await expect(store.size('key')).rejects.toMatchObject(gone);
    await expect(store.list('models')).rejects.toMatchObject(gone);
    await expect(store.create('other', Buffer.from('x'))).rejects.toMatchObject(gone);
    await expect(collect(store.stream('key'))).rejects.toMatchObject(gone);
    proxy.heal();
    expect(await store.size('key')).toBe(4);
    expect(await store.create('other', Buffer.from('x'))).toBe(true);
  });
});

describe('two writers of an alias', () => {
  test('the writer whose answer was lost has won, and the error of the other names it', async () => {
    const store = newStore();
    const registry = new ModelRegistry({ store });
    for (const content of ['one', 'two']) await registry.push(digits(content));
    proxy.inject({
      when: (request) => puts(request) && request.url.includes('/aliases/'),
      times: 1,
      what: 'lose answer',
    });
    const won = await registry.setAlias('digits', 'champion', 1, { actor: 'ada' });
    expect(won).toMatchObject({ number: 1, actor: 'ada' });
    const rival = new ModelRegistry({ store });
    const lost = await rejection(
      rival.setAlias('digits', 'champion', 2, { actor: 'bob', expected: null }),
    );
    expect(lost).toBeInstanceOf(AliasConflictError);
    expect(lost).toMatchObject({ winner: { actor: 'ada', nonce: won.nonce } });
  });
});

describe('a permanent error of S3 has a fix', () => {
  test.each<[number, string, string, string]>([
    [403, 'AccessDenied', 'ERR_REGISTRY_STORE_DENIED', 's3:ListBucket'],
    [403, 'InvalidAccessKeyId', 'ERR_REGISTRY_STORE_CREDENTIALS', 'renew'],
    [403, 'SignatureDoesNotMatch', 'ERR_REGISTRY_STORE_CREDENTIALS', 'renew'],
    [400, 'ExpiredToken', 'ERR_REGISTRY_STORE_CREDENTIALS', 'renew'],
    [301, 'PermanentRedirect', 'ERR_REGISTRY_STORE_REGION', 'AWS_REGION'],
    [400, 'AuthorizationHeaderMalformed', 'ERR_REGISTRY_STORE_REGION', 'AWS_REGION'],
    [404, 'NoSuchBucket', 'ERR_REGISTRY_STORE_NOT_FOUND', 'bucket'],
    [501, 'NotImplemented', 'ERR_REGISTRY_STORE_UNSUPPORTED', 'conditional'],
    [400, 'SomethingNew', 'ERR_REGISTRY_STORE_UNAVAILABLE', 'SomethingNew'],
  ])('%i %s is %s', async (status, code, expected, fix) => {
    const store = newStore();
    proxy.inject({ when: () => true, what: refuse(status, code) });
    const from = proxy.requests.length;
    const refused = await rejection(store.create('a/key', Buffer.from('x')));
    expect(refused).toMatchObject({ code: expected });
    expect((refused as Error).message).toContain(`s3://${bucket}/${prefix}/a/key`);
    expect((refused as Error).message).toContain(fix);
    expect((refused as Error).cause).toBeInstanceOf(Error);
    // At once: trying again would change nothing.
    expect(proxy.requests.length - from).toBe(1);
  });

  test('a clock that stays wrong is a separate error', async () => {
    const store = newStore({ retryBudgetMs: 300 });
    proxy.inject({ when: () => true, what: refuse(403, 'RequestTimeTooSkewed') });
    await expect(store.read('key', limits)).rejects.toMatchObject({
      code: 'ERR_REGISTRY_STORE_CLOCK_SKEWED',
    });
  });

  test('the error of a host without credentials or region names what is missing', async () => {
    for (const name of Object.keys(process.env).filter((each) => each.startsWith('AWS_'))) {
      vi.stubEnv(name, undefined);
    }
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent');
    vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent');
    const withoutCredentials = new S3Client({ endpoint: proxy.endpoint, region: 'us-east-1' });
    await expect(
      s3Store({ bucket, client: withoutCredentials }).read('key', limits),
    ).rejects.toMatchObject({
      code: 'ERR_REGISTRY_STORE_CREDENTIALS',
      message: expect.stringContaining('IAM role') as unknown,
    });
    await expect(s3Store({ bucket }).read('key', limits)).rejects.toMatchObject({
      code: 'ERR_REGISTRY_STORE_REGION',
    });
    vi.unstubAllEnvs();
  });

  test('a sweep without permission is skipped', async () => {
    const store = newStore();
    proxy.inject({
      when: ({ url }) => url.includes('uploads'),
      what: refuse(403, 'AccessDenied'),
    });
    expect(await store.sweep(0)).toBe(0);
  });
});
