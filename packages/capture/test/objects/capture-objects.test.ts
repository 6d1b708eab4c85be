import { readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { captureFolder, type CaptureObjects } from '@fairlead/capture';
import { deleteCaptures } from '@fairlead/capture/parquet';
import { captureBucket } from '@fairlead/capture/s3';
import {
  type MotoServer,
  newBucket,
  readTree,
  s3Client,
  startMoto,
  temporaryFolder,
} from '@fairlead/test-support';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { encodeParquet } from '../../src/parquet/encode-parquet.ts';
import { readCaptures } from '../support/read-parquet.ts';

let moto: MotoServer;
beforeAll(async () => {
  moto = await startMoto();
});
afterAll(() => moto.stop());

/** Opens a bucket whose lists have pages of two objects. */
async function openBucket(): Promise<CaptureObjects> {
  const client = s3Client(moto.endpoint);
  client.middlewareStack.add((next) => (args) => {
    if ('Delimiter' in args.input) Object.assign(args.input, { MaxKeys: 2 });
    return next(args);
  });
  // S3 compares and writes at once; moto doesn't, so that two writers at the same time may both succeed there.
  let writing: Promise<unknown> = Promise.resolve();
  client.middlewareStack.add((next) => (args) => {
    if (!('Body' in args.input)) return next(args);
    const written = writing.then(() => next(args));
    writing = written.catch(() => undefined);
    return written;
  });
  onTestFinished(() => {
    client.destroy();
  });
  return captureBucket({ client, bucket: await newBucket(client), prefix: 'a/b' });
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

describe.each([
  ['folder', () => Promise.resolve(captureFolder(temporaryFolder({ inMemory: true })))],
  ['bucket', openBucket],
])('objects in a %s', (_, open) => {
  test('of several writers that create an object, one succeeds', async () => {
    const objects = await open();
    const bodies = ['1', '2', '3', '4'];
    const created = await Promise.all(
      bodies.map((body) => objects.create('captures/model=a%2Fb/x.parquet', text(body))),
    );
    expect(created.filter(Boolean)).toHaveLength(1);
    const { body } = (await objects.read('captures/model=a%2Fb/x.parquet')) ?? {};
    expect(new TextDecoder().decode(body)).toBe(bodies[created.indexOf(true)]);
  });

  test('an object is replaced only if it is as it was read', async () => {
    const objects = await open();
    await objects.create('k/x', text('1'));
    const first = await objects.read('k/x');
    expect(await objects.replace('k/x', text('22'), first?.tag ?? '')).toBe(true);
    expect(await objects.replace('k/x', text('3'), first?.tag ?? '')).toBe(false);
    expect(new TextDecoder().decode((await objects.read('k/x'))?.body)).toBe('22');
    await objects.remove('k/x');
    expect(await objects.replace('k/x', text('4'), first?.tag ?? '')).toBe(false);
    expect(await objects.read('k/x')).toBeUndefined();
  });

  test('several deletions at once lose no deletion and no other row', async () => {
    const objects = await open();
    const key = 'captures/model=churn/version=3/date=2026-11-28/hour=16/x.parquet';
    const ids = ['a', 'b', 'c', 'd', 'e'];
    const requests = ids.map((requestId) => ({
      ...{ requestId, at: 0, durationMs: 1, rows: 1, weight: 1, values: { at: () => null } },
    }));
    const version = { model: 'churn', version: '3', columns: [] };
    await objects.create(key, encodeParquet(version, requests));
    const results = await Promise.all(
      ids.slice(0, 4).map((id) => deleteCaptures({ objects, values: [id] })),
    );
    expect(results.map(({ rows }) => rows)).toEqual([1, 1, 1, 1]);
    const left = [...(await readCaptures(objects)).values()].flat();
    expect(left.map(({ request_id }) => request_id)).toEqual(['e']);
    expect(await deleteCaptures({ objects, values: ['e'] })).toMatchObject({ rows: 1 });
    expect(await objects.list('captures')).toEqual([]);
  });

  test('folders list their direct children in order, and are removed when they are empty', async () => {
    const objects = await open();
    for (const key of ['r/b/1', 'r/b/2', 'r/a', 'r/c/d/1']) await objects.create(key, text('x'));
    expect(await objects.list('r')).toEqual([
      { name: 'a', kind: 'object' },
      { name: 'b', kind: 'folder' },
      { name: 'c', kind: 'folder' },
    ]);
    await objects.remove('r/c/d/1');
    await objects.remove('r/c/d/1');
    expect((await objects.list('r')).map(({ name }) => name)).toEqual(['a', 'b']);
    expect(await objects.list('missing')).toEqual([]);
    expect(await objects.list('')).toEqual([{ name: 'r', kind: 'folder' }]);
  });
});

test('a bucket lists more objects than a page has', async () => {
  const objects = await openBucket();
  const names = Array.from({ length: 7 }, (_, index) => String(index));
  await Promise.all(names.map((name) => objects.create(`many/${name}`, text(''))));
  expect((await objects.list('many')).map(({ name }) => name)).toEqual(names);
});

test('errors name the object and the reason', async () => {
  const client = s3Client(moto.endpoint);
  onTestFinished(() => {
    client.destroy();
  });
  const bucket = captureBucket({ client, bucket: 'missing-bucket' });
  await expect(bucket.create('k', text(''))).rejects.toMatchObject({
    code: 'ERR_CAPTURE_STORE_FAILED',
    message: expect.stringContaining('could not create s3://missing-bucket/k: ') as unknown,
  });
  const root = temporaryFolder();
  writeFileSync(join(root, 'file'), '');
  const folder = captureFolder(join(root, 'file'));
  await expect(folder.create('k', text(''))).rejects.toMatchObject({
    code: 'ERR_CAPTURE_STORE_FAILED',
    message: expect.stringContaining('ENOTDIR') as unknown,
  });
  for (const key of ['../x', 'a//b', '.tmp/x', '']) {
    await expect(folder.read(key)).rejects.toThrow("can't be the key of an object");
  }
  expect(() => captureFolder('')).toThrow('path must be the path of a folder');
  expect(() => captureBucket({ client, bucket: '' })).toThrow('bucket must be the name');
  expect(() => captureBucket({ client, bucket: 'b', prefix: 'a/' })).toThrow('slash');
});

test('temporary files of killed processes are removed, and their locks expire', async () => {
  const root = temporaryFolder({ inMemory: true });
  const objects = captureFolder(root);
  await objects.create('k/x', text('1'));
  expect(readTree(root)).toEqual({ 'k/x': '1' });
  const put = (name: string): void => {
    writeFileSync(join(root, name), 'personal');
  };
  put('.tmp/999999999-1-00000000-aaaaaaaaaaaa');
  put('.tmp/foreign');
  expect(await objects.sweep()).toBe(1);
  expect(readdirSync(join(root, '.tmp'))).toEqual(['foreign']);
  put('k/.x.lock');
  const { tag = '' } = (await objects.read('k/x')) ?? {};
  expect(await objects.replace('k/x', text('2'), tag)).toBe(false);
  utimesSync(join(root, 'k/.x.lock'), 0, 0);
  expect(await objects.replace('k/x', text('2'), tag)).toBe(false);
  expect(await objects.replace('k/x', text('2'), tag)).toBe(true);
  expect(await captureFolder(join(root, 'none')).sweep()).toBe(0);
});
