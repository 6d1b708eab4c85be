import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { JsonTensor, Signature } from '@fairlead/signature';
import {
  AliasConflictError,
  type AliasEntry,
  folderStore,
  type JsonValue,
  type Manifest,
  ModelRegistry,
  type PushRequest,
  RegistryError,
} from '@fairlead/registry';
import { verifyRegistry } from '@fairlead/registry/maintenance';
import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  digits,
  rejection,
  temporaryFolder,
  temporaryRegistry,
} from './support/sample-registry.ts';

const by = { actor: 'ada' };

describe('push', () => {
  test('numbers the versions of each model from 1', async () => {
    const { registry } = temporaryRegistry();
    const first = await registry.push(digits('one'));
    const second = await registry.push(digits('two'));
    const other = await registry.push(digits('one', { model: 'breast-cancer' }));
    expect(first).toMatchObject({ created: true, manifest: { model: 'digits', version: 1 } });
    expect(second).toMatchObject({ created: true, manifest: { version: 2 } });
    expect(other).toMatchObject({
      created: true,
      manifest: { model: 'breast-cancer', version: 1 },
    });
  });

  test('stores all fields of the request, with time and actor', async () => {
    const folder = temporaryFolder();
    const registry = new ModelRegistry({
      store: folderStore(folder),
      now: () => new Date('2026-03-01T12:00:00Z'),
    });
    const pixels = Array.from({ length: 64 }, (_, index) => index / 4);
    const request = digits('weights', {
      runtime: { name: 'onnx', options: { file: 'model.onnx', threads: 2 } },
      lineage: {
        gitCommit: '0123abc',
        dataset: { name: 'digits', sha256: 'a'.repeat(64) },
        command: 'python train.py',
        parameters: { seed: 7, layers: [64, 10] },
        parentVersion: 1,
        frameworks: { 'scikit-learn': '1.7.2' },
      },
      metrics: { accuracy: 0.975 },
      baseline: { pixels: { mean: [0.1, 0.2], missing: null } },
      goldenExamples: [
        {
          name: 'a nine',
          inputs: [{ name: 'pixels', datatype: 'FP32', shape: [1, 64], data: [pixels] }],
          outputs: [{ name: 'label', datatype: 'INT64', shape: [1], data: [9n] }],
          tolerance: 1e-4,
        },
      ],
      modelCard: '# Digits\n\nReads handwriting – nearly always.',
    });
    const { manifest } = await registry.push(request);
    const opened = await registry.openVersion('digits', 1);
    expect(opened.manifest).toEqual(manifest);
    expect(manifest).toMatchObject({
      formatVersion: 1,
      created: '2026-03-01T12:00:00.000Z',
      actor: 'ada',
      files: [
        { path: 'model.onnx', size: 7, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown },
      ],
      runtime: request.runtime,
      signature: request.signature,
      lineage: request.lineage,
      metrics: request.metrics,
      baseline: request.baseline,
      modelCard: request.modelCard,
      goldenExamples: [{ name: 'a nine', tolerance: 1e-4, inputs: [{ data: [pixels] }] }],
    });
  });

  test('stores 64-bit integers of tensors with all digits, and other large numbers as numbers', async () => {
    const { registry } = temporaryRegistry();
    const output = { name: 'label', datatype: 'INT64', shape: [2] } as const;
    const score = { name: 'score', datatype: 'FP64', shape: [1], data: [2 ** 60] } as const;
    const data = [9007199254740993n, -9223372036854775808n];
    const { signature } = digits();
    const range = { min: -(2 ** 63), max: 2 ** 63 };
    const inputs = [{ name: 'label', datatype: 'INT64', shape: [2], range }] as const;
    const outputs = [
      ...signature.outputs,
      { name: 'score', datatype: 'FP64', shape: [-1] },
    ] as const;
    await registry.push(
      digits('x', {
        signature: { inputs, outputs },
        runtime: { name: 'onnx', options: { limit: 2 ** 60 } },
        metrics: { samples: 1e17 },
        goldenExamples: [
          { inputs: [{ ...output, data }], outputs: [{ ...output, data }, score], tolerance: 1e17 },
        ],
      }),
    );
    const { manifest } = await registry.openVersion('digits', 1);
    expect(manifest.goldenExamples).toEqual([
      { inputs: [{ ...output, data }], outputs: [{ ...output, data }, score], tolerance: 1e17 },
    ]);
    expect(manifest.signature.inputs[0]?.range).toEqual(range);
    expect(manifest.runtime.options).toEqual({ limit: 2 ** 60 });
    expect(manifest.metrics).toEqual({ samples: 1e17 });
  });

  test('stores files from disk and from memory, and reads them back', async () => {
    const { registry } = temporaryRegistry();
    const local = join(temporaryFolder(), 'local.py');
    writeFileSync(local, 'print("hello")\n');
    const files = {
      'code/app.py': local,
      'model.onnx': Buffer.from('weights'),
      empty: Buffer.alloc(0),
    };
    await registry.push(digits('', { files }));
    const version = await registry.openVersion('digits', 1);
    expect(version.manifest.files.map(({ path }) => path)).toEqual([
      'code/app.py',
      'empty',
      'model.onnx',
    ]);
    expect(Buffer.from(await version.read('code/app.py')).toString()).toBe('print("hello")\n');
    expect(Buffer.from(await version.read('model.onnx')).toString()).toBe('weights');
    expect(await version.read('empty')).toHaveLength(0);
  });

  test('returns memory that can be transferred to a worker', async () => {
    const { registry } = temporaryRegistry();
    await registry.push(digits('weights'));
    const bytes = await (await registry.openVersion('digits', 1)).read('model.onnx');
    expect(bytes.byteOffset).toBe(0);
    expect(bytes.buffer.byteLength).toBe(bytes.byteLength);
    expectTypeOf(bytes).toEqualTypeOf<Uint8Array<ArrayBuffer>>();
  });

  test('stores the same bytes once', async () => {
    const { registry, folder } = temporaryRegistry();
    const files = { 'a.onnx': Buffer.from('same'), 'b.onnx': Buffer.from('same') };
    await registry.push(digits('', { files }));
    await registry.push(digits('same', { model: 'other' }));
    expect(readdirSync(join(folder, 'blobs/sha256'))).toHaveLength(1);
  });

  test('pushes nothing for unchanged content with skipIfUnchanged', async () => {
    const { registry } = temporaryRegistry();
    const request = digits('one', { metrics: { b: 1, a: 2 }, skipIfUnchanged: true });
    const first = await registry.push(request);
    const again = await registry.push({ ...request, metrics: { a: 2, b: 1 }, actor: 'bob' });
    expect(again).toEqual({ manifest: first.manifest, created: false });
    expect(await registry.push({ ...request, metrics: { a: 2, b: 2 } })).toMatchObject({
      created: true,
      manifest: { version: 2 },
    });
    // Only the newest version counts: going back to the first content is a change.
    expect(await registry.push(request)).toMatchObject({ created: true, manifest: { version: 3 } });
    expect(await registry.push({ ...request, skipIfUnchanged: false })).toMatchObject({
      created: true,
      manifest: { version: 4 },
    });
  });

  test('stores a lost blob again, also for unchanged content', async () => {
    const { registry, folder } = temporaryRegistry();
    await registry.push(digits('one'));
    const [blob = ''] = readdirSync(join(folder, 'blobs/sha256'));
    rmSync(join(folder, 'blobs/sha256', blob));
    expect((await verifyRegistry(registry.store)).ok).toBe(false);
    expect(await registry.push(digits('one', { skipIfUnchanged: true }))).toMatchObject({
      created: false,
    });
    expect((await verifyRegistry(registry.store)).ok).toBe(true);
  });

  test.each<[string, Partial<PushRequest>, string]>([
    ['a name that climbs', { model: '../etc' }, 'ERR_REGISTRY_INVALID_NAME'],
    ['a name in capitals', { model: 'Digits' }, 'ERR_REGISTRY_INVALID_NAME'],
    ['an empty name', { model: '' }, 'ERR_REGISTRY_INVALID_NAME'],
    ['a name with a line break', { model: 'digits\n' }, 'ERR_REGISTRY_INVALID_NAME'],
    ['a name that is too long', { model: 'x'.repeat(129) }, 'ERR_REGISTRY_INVALID_NAME'],
    ['no actor', { actor: ' ' }, 'ERR_REGISTRY_INVALID_OPTION'],
    ['an actor that moves the cursor', { actor: 'ada\u001b[2J' }, 'ERR_REGISTRY_INVALID_OPTION'],
    ['no files for ONNX', { files: {} }, 'ERR_REGISTRY_INVALID_OPTION'],
    ['a path that climbs', { files: { '../x': Buffer.from('') } }, 'ERR_REGISTRY_INVALID_PATH'],
    ['a metric that is not a number', { metrics: { loss: NaN } }, 'ERR_REGISTRY_INVALID_MANIFEST'],
    ['an infinite metric', { metrics: { loss: Infinity } }, 'ERR_REGISTRY_INVALID_MANIFEST'],
    [
      'a hash that is none',
      { lineage: { dataset: { name: 'd', sha256: 'ab' } } },
      'ERR_REGISTRY_INVALID_MANIFEST',
    ],
    ['a baseline too deep', { baseline: nested(101) }, 'ERR_REGISTRY_INVALID_MANIFEST'],
    [
      'a negative tolerance',
      { goldenExamples: [{ inputs: [], outputs: [], tolerance: -1 }] },
      'ERR_REGISTRY_INVALID_MANIFEST',
    ],
    ['two inputs of one name', { signature: twice('pixels') }, 'ERR_REGISTRY_INVALID_MANIFEST'],
    ['a manifest that is huge', { modelCard: 'x'.repeat(17 * 2 ** 20) }, 'ERR_REGISTRY_TOO_LARGE'],
    [
      'a file that is missing',
      { files: { m: '/nowhere/model.onnx' } },
      'ERR_REGISTRY_SOURCE_UNREADABLE',
    ],
    ['a folder as a file', { files: { m: '/' } }, 'ERR_REGISTRY_SOURCE_UNREADABLE'],
  ])('rejects %s, and stores nothing', async (_what, changes, code) => {
    const { registry, folder } = temporaryRegistry();
    const error = await rejection(registry.push(digits('x', changes)));
    expect(error).toBeInstanceOf(RegistryError);
    expect(error).toMatchObject({ code });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('rejects golden examples that do not match the signature, and names the problem', async () => {
    const { registry } = temporaryRegistry();
    const pixels = {
      name: 'pixels',
      datatype: 'FP32',
      shape: [1, 64],
      data: Array<number>(64).fill(0),
    } as const;
    const label = { name: 'label', datatype: 'INT64', shape: [1], data: [9] } as const;
    const push = (inputs: readonly JsonTensor[], outputs: readonly JsonTensor[]) =>
      registry.push(digits('x', { goldenExamples: [{ inputs, outputs }] }));
    for (const [inputs, outputs, why] of [
      [[], [label], 'goldenExamples[0].inputs does not fit the signature: tensor "pixels"'],
      [[{ ...pixels, shape: [1, 63] }], [label], 'tensor "pixels"'],
      [[{ ...pixels, datatype: 'FP64' }], [label], 'FP32'],
      [[pixels, label], [label], 'tensor "label"'],
      [
        [pixels],
        [{ ...label, name: 'class' }],
        'goldenExamples[0].outputs does not fit the signature: the model has no output "class"; it has',
      ],
      [[pixels], [{ ...label, data: ['nine'] }], 'goldenExamples[0].outputs'],
    ] as const) {
      const refused = {
        code: 'ERR_REGISTRY_INVALID_MANIFEST',
        message: expect.stringContaining(why) as unknown,
      };
      await expect(push(inputs, outputs)).rejects.toMatchObject(refused);
    }
    expect(await push([pixels], [])).toMatchObject({ created: true });
    expect(await push([pixels], [label])).toMatchObject({ created: true });
  });

  test('names the invalid field', async () => {
    const { registry } = temporaryRegistry();
    const metrics = { accuracy: 1, loss: NaN };
    await expect(registry.push(digits('x', { metrics }))).rejects.toThrow('metrics.loss');
    const signature = twice('pixels');
    await expect(registry.push(digits('x', { signature }))).rejects.toThrow(/signature.*"pixels"/);
  });

  test('rejects a file that changes during the push', async () => {
    const folder = temporaryFolder();
    const local = join(folder, 'growing.onnx');
    writeFileSync(local, 'first');
    const store = folderStore(join(folder, 'store'), { create: true });
    const registry = new ModelRegistry({
      // Changes the file between the pass that hashes it and the pass that keeps it.
      store: {
        ...store,
        create: (key, body) => {
          writeFileSync(local, 'later');
          return store.create(key, body);
        },
      },
    });
    await expect(registry.push(digits('', { files: { m: local } }))).rejects.toMatchObject({
      code: 'ERR_REGISTRY_SOURCE_CHANGED',
    });
    expect(await store.list('blobs/sha256')).toEqual([]);
    expect(await registry.listModels()).toEqual([]);
  });

  test('takes the next number when another writer was first, and reads what that writer pushed', async () => {
    const { store, registry } = temporaryRegistry();
    const rival = new ModelRegistry({ store });
    let rivals = 0;
    const raced = new ModelRegistry({
      store: {
        ...store,
        create: async (key, body) => {
          if (key.startsWith('models/') && rivals < 3) {
            rivals += 1;
            await rival.push(digits(rivals === 3 ? 'mine' : `rival ${rivals}`));
          }
          return store.create(key, body);
        },
      },
    });
    expect(await raced.push(digits('mine', { skipIfUnchanged: true }))).toMatchObject({
      created: false,
      manifest: { version: 3 },
    });
    rivals = 2;
    expect(await raced.push(digits('new'))).toMatchObject({
      created: true,
      manifest: { version: 5 },
    });
    expect(await registry.listVersions('digits')).toHaveLength(5);
  });

  test('fails when a foreign file has the name of the next manifest', async () => {
    const { registry, folder } = temporaryRegistry();
    mkdirSync(join(folder, 'models/digits/versions/00000001.json'), { recursive: true });
    await expect(registry.push(digits())).rejects.toMatchObject({
      code: 'ERR_REGISTRY_STORE_FOREIGN',
    });
  });

  test('streams a large file: memory stays far below its size', () => {
    const folder = temporaryFolder();
    const big = join(folder, 'big.onnx');
    const bytes = 64 * 2 ** 20;
    writeFileSync(big, 'x');
    truncateSync(big, bytes);
    const script = new URL('./support/processes/push-big-file.ts', import.meta.url).pathname;
    const report = execFileSync(
      process.execPath,
      ['--conditions=@fairlead/source', script, join(folder, 'store'), big],
      { encoding: 'utf8' },
    );
    const { grownBytes, size } = JSON.parse(report) as { grownBytes: number; size: number };
    expect(size).toBe(bytes);
    expect(grownBytes).toBeLessThan(bytes / 3);
  });
});

describe('resolve, list and open', () => {
  test('resolves an alias, a version number, and a version in digits', async () => {
    const { registry } = temporaryRegistry();
    await registry.push(digits('one'));
    await registry.push(digits('two'));
    const entry = await registry.setAlias('digits', 'champion', 1, by);
    expect(await registry.resolve('digits', 'champion')).toEqual({
      model: 'digits',
      version: 1,
      entry,
    });
    expect(await registry.resolve('digits', 2)).toEqual({ model: 'digits', version: 2 });
    expect(await registry.resolve('digits', '2')).toEqual({ model: 'digits', version: 2 });
  });

  test('each not-found error names what exists', async () => {
    const { registry } = temporaryRegistry();
    await expect(registry.resolve('digits', 'champion')).rejects.toThrow('it is empty');
    await registry.push(digits());
    await expect(registry.resolve('digitz', 'champion')).rejects.toMatchObject({
      code: 'ERR_REGISTRY_MODEL_NOT_FOUND',
      message: expect.stringContaining('it has digits') as unknown,
    });
    await expect(registry.openVersion('digits', 7)).rejects.toMatchObject({
      code: 'ERR_REGISTRY_VERSION_NOT_FOUND',
      message: expect.stringContaining('the newest is 1') as unknown,
    });
    await registry.setAlias('digits', 'champion', 1, by);
    await expect(registry.resolve('digits', 'champ')).rejects.toMatchObject({
      code: 'ERR_REGISTRY_ALIAS_NOT_FOUND',
      message: expect.stringContaining('it has champion') as unknown,
    });
    const version = await registry.openVersion('digits', 1);
    await expect(version.read('../../secret')).rejects.toMatchObject({
      code: 'ERR_REGISTRY_FILE_NOT_FOUND',
      message: expect.stringContaining('it has model.onnx') as unknown,
    });
    await expect(registry.listVersions('digitz')).rejects.toMatchObject({
      code: 'ERR_REGISTRY_MODEL_NOT_FOUND',
    });
    await expect(registry.history('digits', 'champ')).rejects.toMatchObject({
      code: 'ERR_REGISTRY_ALIAS_NOT_FOUND',
    });
  });

  test.each([0, -1, 1.5, NaN, 2 ** 53, '0', '99999999999999999999'])(
    'rejects the version %s',
    async (version) => {
      const { registry } = temporaryRegistry();
      await registry.push(digits());
      await expect(registry.resolve('digits', version)).rejects.toMatchObject({
        code: 'ERR_REGISTRY_INVALID_VERSION',
        message: expect.stringContaining(`${version} is not a version of "digits"`) as unknown,
      });
    },
  );

  test.each(['../digits', '..', '', 'a/b', 'a\\b', 'a\0', '%2e%2e', 'Digits', '-rf', '__proto__'])(
    'rejects the name %j in all methods',
    async (name) => {
      const { registry } = temporaryRegistry();
      await registry.push(digits());
      const refused = { code: 'ERR_REGISTRY_INVALID_NAME' };
      await expect(registry.resolve(name, 'champion')).rejects.toMatchObject(refused);
      await expect(registry.resolve('digits', name)).rejects.toMatchObject(refused);
      await expect(registry.openVersion(name, 1)).rejects.toMatchObject(refused);
      await expect(registry.history('digits', name)).rejects.toMatchObject(refused);
      await expect(registry.setAlias('digits', name, 1, by)).rejects.toMatchObject(refused);
      await expect(registry.rollback(name, 'champion', by)).rejects.toMatchObject(refused);
      expect(() => registry.follow('digits', name)).toThrow(expect.objectContaining(refused));
    },
  );

  test('lists models with their newest version and aliases, and ignores foreign files in the store', async () => {
    const { registry, folder } = temporaryRegistry();
    await registry.push(digits('one'));
    await registry.push(digits('two'));
    await registry.push(digits('one', { model: 'breast-cancer' }));
    await registry.setAlias('digits', 'champion', 1, by);
    await registry.setAlias('digits', 'candidate', 2, by);
    const list = [
      { model: 'breast-cancer', versions: 1, latestVersion: 1, aliases: {} },
      { model: 'digits', versions: 2, latestVersion: 2, aliases: { candidate: 2, champion: 1 } },
    ];
    expect(await registry.listModels()).toEqual(list);

    const models = join(folder, 'models');
    writeFileSync(join(models, '.DS_Store'), '');
    writeFileSync(join(models, 'notes.txt'), '');
    mkdirSync(join(models, 'empty'));
    mkdirSync(join(models, 'Upper Case'));
    mkdirSync(join(models, 'digits/aliases/empty'));
    mkdirSync(join(models, 'digits/aliases/42'));
    mkdirSync(join(models, 'digits/versions/00000009.json'));
    writeFileSync(join(models, 'digits/versions/00000003.json.swp'), '');
    writeFileSync(join(models, 'digits/versions/4.json'), '{}');
    writeFileSync(join(models, 'digits/versions/00000000.json'), '{}');
    mkdtempSync(join(folder, 'blobs/sha256/'));
    symlinkSync('/etc', join(models, 'etc'));
    expect(await registry.listModels()).toEqual(list);
    expect(await new ModelRegistry({ store: folderStore(folder) }).listModels()).toEqual(list);
    expect((await registry.listVersions('digits')).map(({ version }) => version)).toEqual([1, 2]);
    expect(await verifyRegistry(registry.store)).toMatchObject({
      ok: true,
      manifests: 3,
      aliasEntries: 2,
    });
  });

  test('satisfies the interface of a model server', () => {
    // As the serving side declares it.
    interface ModelSource {
      resolve(model: string, alias: string): Promise<{ readonly version: number }>;
      openVersion(
        model: string,
        version: number,
      ): Promise<{
        readonly manifest: Pick<
          Manifest,
          'model' | 'version' | 'signature' | 'runtime' | 'goldenExamples' | 'files'
        >;
        read(path: string): Promise<Uint8Array>;
      }>;
      follow(
        model: string,
        alias: string,
        options: { readonly signal: AbortSignal },
      ): AsyncIterable<{ readonly version: number }>;
    }
    expectTypeOf<ModelRegistry>().toExtend<ModelSource>();
  });
});

describe('aliases', () => {
  async function withVersions(count: number) {
    const opened = temporaryRegistry();
    for (let version = 1; version <= count; version += 1) {
      await opened.registry.push(digits(`content ${version}`));
    }
    return opened;
  }

  test('store actor, version, time and reason of each change', async () => {
    const { registry } = await withVersions(2);
    await registry.setAlias('digits', 'champion', 1, { actor: 'ada', reason: 'first\nrelease' });
    await registry.setAlias('digits', 'champion', 2, { actor: 'bob' });
    const history = await registry.history('digits', 'champion');
    expect(history).toMatchObject([
      {
        number: 1,
        version: 1,
        previous: null,
        action: 'set',
        actor: 'ada',
        reason: 'first\nrelease',
      },
      { number: 2, version: 2, previous: 1, action: 'set', actor: 'bob' },
    ]);
    expect(history[1]?.previousSeal).toBe(history[0]?.seal);
    expect(history[1]).not.toHaveProperty('reason');
  });

  test('can only point to a version that exists', async () => {
    const { registry } = await withVersions(1);
    await expect(registry.setAlias('digits', 'champion', 2, by)).rejects.toMatchObject({
      code: 'ERR_REGISTRY_VERSION_NOT_FOUND',
    });
    await expect(registry.setAlias('other', 'champion', 1, by)).rejects.toMatchObject({
      code: 'ERR_REGISTRY_MODEL_NOT_FOUND',
    });
  });

  test('are not changed by a writer with another expectation, whose error names the current entry', async () => {
    const { registry } = await withVersions(3);
    await registry.setAlias('digits', 'champion', 1, { ...by, expected: null });
    const winner = await registry.setAlias('digits', 'champion', 2, {
      actor: 'bob',
      reason: 'more accurate',
      expected: 1,
    });
    const error = await rejection(
      registry.setAlias('digits', 'champion', 3, { actor: 'cleo', expected: 1 }),
    );
    expect(error).toBeInstanceOf(AliasConflictError);
    expect(error).toMatchObject({ code: 'ERR_REGISTRY_ALIAS_CONFLICT', winner });
    expect(String(error)).toContain('bob set it to version 2');
    expect(String(error)).toContain(winner.at);
    expect(String(error)).toContain('more accurate');
    await expect(
      registry.setAlias('digits', 'champion', 3, { ...by, expected: null }),
    ).rejects.toMatchObject({ winner });
    await expect(
      registry.setAlias('digits', 'fresh', 3, { ...by, expected: 1 }),
    ).rejects.toMatchObject({ winner: null });
    expect(await registry.resolve('digits', 'champion')).toMatchObject({ version: 2 });
  });

  test('are not changed by a writer that was overtaken at the last moment', async () => {
    const { registry, store } = await withVersions(3);
    await registry.setAlias('digits', 'champion', 1, by);
    let winner: AliasEntry | undefined;
    const overtaken = new ModelRegistry({
      store: {
        ...store,
        create: async (key, body) => {
          winner ??= await registry.setAlias('digits', 'champion', 2, { actor: 'bob' });
          return store.create(key, body);
        },
      },
    });
    const error = await rejection(overtaken.setAlias('digits', 'champion', 3, by));
    expect(error).toBeInstanceOf(AliasConflictError);
    expect(error).toMatchObject({ winner });
    expect(winner).toMatchObject({ version: 2, actor: 'bob', number: 2 });
  });

  test('that point to the version already are not changed', async () => {
    const { registry } = await withVersions(1);
    const first = await registry.setAlias('digits', 'champion', 1, by);
    expect(await registry.setAlias('digits', 'champion', 1, { actor: 'bob' })).toEqual(first);
    expect(await registry.history('digits', 'champion')).toHaveLength(1);
  });

  test('roll back in one write, and a second rollback goes further back', async () => {
    const { registry } = await withVersions(4);
    for (const version of [1, 2, 3]) await registry.setAlias('digits', 'champion', version, by);
    expect(
      await registry.rollback('digits', 'champion', { ...by, reason: 'errors' }),
    ).toMatchObject({
      number: 4,
      version: 2,
      previous: 3,
      action: 'rollback',
      restores: 2,
      reason: 'errors',
    });
    expect(await registry.rollback('digits', 'champion', by)).toMatchObject({
      version: 1,
      restores: 1,
    });
    await expect(registry.rollback('digits', 'champion', by)).rejects.toMatchObject({
      code: 'ERR_REGISTRY_NOTHING_TO_ROLL_BACK',
    });
    await registry.setAlias('digits', 'champion', 4, by);
    expect(await registry.rollback('digits', 'champion', by)).toMatchObject({
      version: 1,
      restores: 1,
    });
  });

  test('roll back several steps, or fail', async () => {
    const { registry } = await withVersions(3);
    for (const version of [1, 2, 3]) await registry.setAlias('digits', 'champion', version, by);
    await expect(registry.rollback('digits', 'champion', { ...by, steps: 3 })).rejects.toThrow(
      'only 2 earlier values are left',
    );
    expect(await registry.rollback('digits', 'champion', { ...by, steps: 2 })).toMatchObject({
      version: 1,
    });
    for (const steps of [0, -1, 0.5, NaN]) {
      await expect(registry.rollback('digits', 'champion', { ...by, steps })).rejects.toMatchObject(
        {
          code: 'ERR_REGISTRY_INVALID_OPTION',
        },
      );
    }
    await expect(
      registry.rollback('digits', 'champion', { ...by, expected: 3 }),
    ).rejects.toBeInstanceOf(AliasConflictError);
    await expect(registry.rollback('digits', 'absent', by)).rejects.toMatchObject({
      code: 'ERR_REGISTRY_ALIAS_NOT_FOUND',
    });
  });

  test.each([
    { actor: '' },
    { actor: 'x'.repeat(257) },
    { ...by, reason: '\u0007' },
    { ...by, reason: '' },
  ])('are not changed by %j', async (options) => {
    const { registry } = await withVersions(1);
    await expect(registry.setAlias('digits', 'champion', 1, options)).rejects.toMatchObject({
      code: 'ERR_REGISTRY_INVALID_OPTION',
    });
  });
});

function nested(depth: number): JsonValue {
  let value: JsonValue = [];
  for (let level = 1; level < depth; level += 1) value = [value];
  return value;
}

function twice(name: string): Signature {
  const spec = { name, datatype: 'FP32', shape: [-1] } as const;
  return { inputs: [spec, spec], outputs: [] };
}
