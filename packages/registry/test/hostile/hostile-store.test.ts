import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ListObjectsV2Command, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { cachedStore, folderStore, ModelRegistry, type ObjectStore } from '@fairlead/registry';
import { s3Store } from '@fairlead/registry/s3';
import { verifyRegistry } from '@fairlead/registry/maintenance';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { FaultProxy } from '../support/fault-proxy.ts';
import { type MotoServer, newBucket, s3Client, startMoto } from '@fairlead/test-support';
import { withDigest } from '../support/with-digest.ts';
import { digits, rejection, temporaryFolder } from '../support/sample-registry.ts';

// Attacks by a client that can write to the store, or choose names: the same on a folder and in S3.

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

/** A store, and direct access to its files. */
interface Place {
  readonly store: ObjectStore;
  /** The same store, of a process that has read nothing yet. */
  readonly fresh: () => ObjectStore;
  /** Writes an object under any key, over an existing one. */
  readonly plant: (key: string, bytes: string | Buffer) => Promise<void>;
  /** All files, also those beside the store. */
  readonly everything: () => Promise<readonly string[]>;
}

function folderPlace(): Place {
  const outside = temporaryFolder();
  const folder = join(outside, 'registry');
  const store = folderStore(folder, { create: true });
  return {
    store,
    fresh: () => store,
    plant(key, bytes) {
      const file = join(folder, key);
      mkdirSync(dirname(file), { recursive: true });
      if (existsSync(file)) chmodSync(file, 0o644);
      writeFileSync(file, bytes);
      return Promise.resolve();
    },
    everything: () =>
      Promise.resolve(readdirSync(outside, { recursive: true, encoding: 'utf8' }).sort()),
  };
}

function s3Place(): Place {
  const outside = `test/${randomUUID()}`;
  const prefix = `${outside}/registry`;
  const store = s3Store({ bucket, prefix, client });
  return {
    store,
    fresh: () => store,
    async plant(key, bytes) {
      const put = { Bucket: bucket, Key: `${prefix}/${key}`, Body: bytes };
      await client.send(new PutObjectCommand(put));
    },
    async everything() {
      const list = new ListObjectsV2Command({ Bucket: bucket, Prefix: outside });
      return ((await client.send(list)).Contents ?? []).map(({ Key = '' }) => Key).sort();
    },
  };
}

/** S3 with a cache on the disk of the host. */
function cachedPlace(): Place {
  const place = s3Place();
  const cached = (): ObjectStore => cachedStore(place.store, { folder: temporaryFolder() });
  return { ...place, store: cached(), fresh: cached };
}

const manifestKey = 'models/digits/versions/00000001.json';
const aliasKey = 'models/digits/aliases/champion/00000001.json';
const by = { actor: 'ada' };

describe.each<[string, () => Place]>([
  ['a folder', folderPlace],
  ['S3', s3Place],
  ['S3 through a cache', cachedPlace],
])('in %s', (_where, makePlace) => {
  let place: Place;
  let registry: ModelRegistry;

  beforeEach(() => {
    place = makePlace();
    registry = new ModelRegistry({ store: place.store });
  });

  /** Returns the text of a stored record. */
  async function recordAt(key: string): Promise<string> {
    const bytes = await place.store.read(key, { maxBytes: 10_000_000 });
    return Buffer.from(bytes ?? []).toString();
  }

  describe('names and paths', () => {
    const names = [
      ...['../x', '..', 'a/../../x', '/etc', 'a\\b', 'a\0b', 'A', '', '.', '-rf'],
      'x'.repeat(200),
    ];
    const paths = [
      ...['../x', '/etc/passwd', 'a/../../x', 'a\\b', 'C:x', '', 'a//b', './a', 'x\n'],
      'x'.repeat(300),
    ];

    test('that are invalid are never written or read', async () => {
      await registry.push(digits());
      const before = await place.everything();
      for (const name of names) {
        const works: readonly (() => Promise<unknown>)[] = [
          () => registry.push(digits('x', { model: name })),
          () => registry.setAlias(name, 'champion', 1, by),
          () => registry.setAlias('digits', name, 1, by),
          () => registry.rollback('digits', name, by),
          () => registry.openVersion(name, 1),
          () => registry.history('digits', name),
          () => registry.model(name).note('x', by),
          () => registry.model(name).timeline(),
        ];
        for (const work of works) {
          const error = await rejection(Promise.resolve().then(work));
          expect([name, error]).toMatchObject([name, { code: 'ERR_REGISTRY_INVALID_NAME' }]);
        }
      }
      expect(await place.everything()).toEqual(before);
    });

    test('that are invalid are rejected as files of a version', async () => {
      const before = await place.everything();
      for (const path of paths) {
        const files = { 'model.onnx': Buffer.from('x'), [path]: Buffer.from('y') };
        const error = await rejection(registry.push(digits('x', { files })));
        expect([path, error]).toMatchObject([path, { code: 'ERR_REGISTRY_INVALID_PATH' }]);
      }
      expect(await place.everything()).toEqual(before);
    });

    test('an actor, a reason or a tag is text of one line', async () => {
      await registry.push(digits());
      const before = await place.everything();
      const lines = 'ada\n{"action":"set"}';
      const works: readonly (() => Promise<unknown>)[] = [
        () => registry.push(digits('x', { actor: lines })),
        () => registry.setAlias('digits', 'champion', 1, { actor: lines }),
        () => registry.setAlias('digits', 'champion', 1, { ...by, reason: 'x'.repeat(100_000) }),
        () => registry.model('digits').setTag('../x y', 'v', by),
      ];
      for (const work of works) {
        expect(await rejection(Promise.resolve().then(work))).toMatchObject({
          code: 'ERR_REGISTRY_INVALID_OPTION',
        });
      }
      expect(await place.everything()).toEqual(before);
    });
  });

  describe('a manifest', () => {
    const lies: readonly [string, (text: string) => string, string][] = [
      [
        'with a path that climbs',
        (t) => withDigest(t.replace('"model.onnx"', '"../../x"')),
        'ERR_REGISTRY_INVALID_MANIFEST',
      ],
      [
        'with a hash that climbs',
        (t) => withDigest(t.replace(/"sha256": "[^"]*"/, '"sha256": "../../x"')),
        'ERR_REGISTRY_INVALID_MANIFEST',
      ],
      ['that is huge', () => 'x'.repeat(17 * 2 ** 20), 'ERR_REGISTRY_TOO_LARGE'],
      ['that is cut off', (t) => t.slice(0, 100), 'ERR_REGISTRY_CORRUPT'],
      [
        'of another model',
        (t) => withDigest(t.replace('"digits"', '"other"')),
        'ERR_REGISTRY_CORRUPT',
      ],
      ['that was changed', (t) => t.replace('"ada"', '"eve"'), 'ERR_REGISTRY_CORRUPT'],
      ['that is empty', () => '', 'ERR_REGISTRY_CORRUPT'],
    ];

    test('that is false, huge or damaged is rejected, and hides no other model', async () => {
      await registry.push(digits());
      await registry.push(digits('fine', { model: 'other' }));
      const text = await recordAt(manifestKey);
      for (const [what, change, code] of lies) {
        await place.plant(manifestKey, change(text));
        const reader = new ModelRegistry({ store: place.fresh() });
        const errors = [
          await rejection(reader.openVersion('digits', 1)),
          await rejection(reader.setAlias('digits', 'champion', 1, by)),
        ];
        expect([what, ...errors]).toMatchObject([what, { code }, { code }]);
        expect((await reader.listModels()).map(({ model }) => model)).toEqual(['digits', 'other']);
        expect((await verifyRegistry(reader.store)).problems[0]).toMatchObject({
          code,
          key: manifestKey,
        });
      }
    });

    test.each([
      ['more than there is', 9007199254740991],
      ['less than there is', 3],
    ])('with a size of %s is rejected before memory is allocated', async (_what, size) => {
      await registry.push(digits());
      await place.plant(
        manifestKey,
        withDigest((await recordAt(manifestKey)).replace('"size": 7', `"size": ${size}`)),
      );
      const { read } = await new ModelRegistry({ store: place.fresh() }).openVersion('digits', 1);
      const error = await rejection(read('model.onnx'));
      expect(error).toMatchObject({ code: 'ERR_REGISTRY_CORRUPT' });
      expect((error as Error).message).toContain(`has 7 bytes instead of ${size}`);
    });
  });

  test.each<[string, (text: string) => string, string]>([
    ['is huge', () => 'x'.repeat(65 * 1024), 'ERR_REGISTRY_TOO_LARGE'],
    [
      'is of another alias',
      (t) => withDigest(t.replace('"champion"', '"candidate"')),
      'ERR_REGISTRY_CORRUPT',
    ],
    ['was changed', (t) => t.replace('"ada"', '"eve"'), 'ERR_REGISTRY_CORRUPT'],
  ])('an entry of an alias that %s is rejected', async (_what, change, code) => {
    await registry.push(digits());
    await registry.setAlias('digits', 'champion', 1, by);
    await place.plant(aliasKey, change(await recordAt(aliasKey)));
    const reader = new ModelRegistry({ store: place.fresh() });
    expect(await rejection(reader.resolve('digits', 'champion'))).toMatchObject({ code });
    expect(await rejection(reader.history('digits', 'champion'))).toMatchObject({ code });
  });

  test('a blob with other content is never returned', async () => {
    const { manifest } = await registry.push(digits('weights'));
    const key = `blobs/sha256/${manifest.files[0]?.sha256 ?? ''}`;
    for (const planted of ['weighty', 'w', 'weights and more', '']) {
      await place.plant(key, planted);
      const { read } = await new ModelRegistry({ store: place.fresh() }).openVersion('digits', 1);
      expect(await rejection(read('model.onnx'))).toMatchObject({ code: 'ERR_REGISTRY_CORRUPT' });
    }
  });

  test('foreign files are ignored', async () => {
    await registry.push(digits());
    await registry.setAlias('digits', 'champion', 1, by);
    const list = await registry.listModels();
    for (const key of [
      'README.md',
      'models/notes.txt',
      'models/Upper Case/versions/00000001.json',
      'models/.hidden/versions/00000001.json',
      'models/digits/versions/2.json',
      'models/digits/versions/00000000.json',
      'models/digits/versions/00000002.json.swp',
      'models/digits/aliases/Champion/00000001.json',
      'models/digits/aliases/champion/latest',
      'models/digits/aliases/42/00000001.json',
      'models/empty/notes/00000001.json',
      'blobs/sha256/UPPER',
      'blobs/sha256/deep/er/file',
    ]) {
      await place.plant(key, 'x');
    }
    const reader = new ModelRegistry({ store: place.fresh() });
    expect(await reader.listModels()).toEqual(list);
    expect((await reader.listVersions('digits')).map(({ version }) => version)).toEqual([1]);
    expect(await reader.resolve('digits', 'champion')).toMatchObject({ version: 1 });
    expect((await reader.push(digits('more'))).manifest.version).toBe(2);
    expect(await verifyRegistry(reader.store)).toMatchObject({ problems: [] });
  });
});

test('a key in S3 with ".." is ignored', async () => {
  const prefix = `test/${randomUUID()}`;
  const store = s3Store({ bucket, prefix, client });
  await new ModelRegistry({ store }).push(digits());
  // S3 takes any key, and gives it back in listings.
  for (const key of ['models/../../x/versions/00000001.json', 'models//versions/00000001.json']) {
    const put = { Bucket: bucket, Key: `${prefix}/${key}`, Body: 'x' };
    await client.send(new PutObjectCommand(put)).catch(() => undefined);
  }
  const outside = temporaryFolder();
  const folder = join(outside, 'inner/cache');
  mkdirSync(folder, { recursive: true });
  const registry = new ModelRegistry({ store: cachedStore(store, { folder }) });
  expect((await registry.listModels()).map(({ model }) => model)).toEqual(['digits']);
  expect((await verifyRegistry(registry.store)).ok).toBe(true);
  expect([...readdirSync(outside), ...readdirSync(join(outside, 'inner'))]).toEqual([
    'inner',
    'cache',
  ]);
});
