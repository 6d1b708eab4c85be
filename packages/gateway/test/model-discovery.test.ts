import { folderStore, ModelRegistry } from '@fairlead/registry';
import { temporaryFolder, until } from '@fairlead/test-support';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ModelDiscovery, type ModelDiscoveryOptions } from '../src/models/model-discovery.ts';
import { writeKeysFile, pepper } from './support/keys-file.ts';
import { registryInS3 } from './support/registry-in-s3.ts';
import { onnxVersion, sampleRegistry } from './support/sample-registry.ts';
import { startGateway } from './support/start-gateway.ts';

const by = { actor: 'test' };
const body = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] };

interface Running {
  readonly registry: ModelRegistry;
  /** Status and body of an inference. */
  readonly infer: (model: string) => Promise<readonly [status: number, body: string]>;
}

async function startOn(
  registry: ModelRegistry,
  variables: Readonly<Record<string, string>>,
): Promise<Running> {
  const { call } = await startGateway(variables);
  return {
    registry,
    infer: async (model) => {
      const response = await call(`/v2/models/${model}/infer`, { body });
      return [response.status, response.body];
    },
  };
}

/** Starts a gateway with API keys on the registry in a folder; returns how to call it with one of the keys. */
async function startWithKeys<C extends string>(
  folder: string,
  clients: Readonly<Record<C, { readonly scopes: readonly string[] }>>,
) {
  const { keysFile, keys } = writeKeysFile(temporaryFolder(), clients);
  const { call } = await startGateway({
    FAIRLEAD_KEYS_FILE: keysFile,
    FAIRLEAD_PEPPER: pepper,
    FAIRLEAD_REGISTRY: folder,
  });
  return (client: C, path: string, json?: unknown) =>
    call(path, {
      ...(json !== undefined && { body: json }),
      headers: { authorization: `Bearer ${keys[client]}` },
    });
}

async function inFolder(variables: Readonly<Record<string, string>> = {}): Promise<Running> {
  const folder = temporaryFolder();
  const registry = await sampleRegistry(folder, onnxVersion('affine', 'affine'));
  return startOn(registry, { FAIRLEAD_REGISTRY: folder, ...variables });
}

async function inS3(): Promise<Running> {
  const { location, registry } = await registryInS3();
  return startOn(registry, { FAIRLEAD_REGISTRY: location });
}

describe('a gateway without a list of models', () => {
  test.each([
    ['a folder', inFolder],
    ['S3', inS3],
  ])('serves a model of %s whose alias is set for the first time', async (_where, start) => {
    const { registry, infer } = await start();
    expect((await infer('iris'))[0]).toBe(404);
    await registry.push(onnxVersion('iris', 'affine'));
    await registry.push(onnxVersion('iris', 'affine-next'));
    const hinted = await until(async () => {
      const [status, text] = await infer('iris');
      expect(status).toBe(404);
      // A search between the two pushes finds version 1.
      return text.includes('promote iris 2') ? text : undefined;
    });
    expect((JSON.parse(hinted) as { error: string }).error).toMatch(
      /; the registry has it, without the alias "champion"; set it: fairlead model promote iris 2$/,
    );
    await registry.setAlias('iris', 'champion', 2, by);
    const answer = await until(async () => {
      const [status, text] = await infer('iris');
      return status === 200 ? text : undefined;
    });
    expect(JSON.parse(answer)).toMatchObject({
      model_version: '2',
      outputs: [{ data: [103, 105] }],
    });
    // From now on the alias is followed.
    await registry.setAlias('iris', 'champion', 1, by);
    await until(async () => (await infer('iris'))[1].includes('"data":[3,5]'));
  });

  test('answers for a model that was pushed before its start with the command that promotes it', async () => {
    const folder = temporaryFolder();
    const registry = await sampleRegistry(folder, onnxVersion('affine', 'affine'));
    await registry.push(onnxVersion('iris', 'affine'));
    const variables = { FAIRLEAD_REGISTRY: folder, FAIRLEAD_POLL_INTERVAL_MS: '600000' };
    const { infer } = await startOn(registry, variables);
    expect((await infer('iris'))[1]).toContain('fairlead model promote iris 1');
    expect((await infer('nothing'))[1]).not.toContain('promote');
  });

  test('names the command to clients that may use the model only', async () => {
    const folder = temporaryFolder();
    const registry = await sampleRegistry(folder, onnxVersion('affine', 'affine'));
    await registry.push(onnxVersion('iris', 'affine'));
    const call = await startWithKeys(folder, {
      own: { scopes: ['infer:iris'] },
      other: { scopes: ['infer:affine'] },
    });
    const own = await call('own', '/v2/models/iris/infer', body);
    expect([own.status, own.body]).toEqual([404, expect.stringContaining('promote iris 1')]);
    expect((await call('other', '/v2/models/iris/infer', body)).status).toBe(403);
    for (const path of ['', '/ready', '/versions/1', '/stats']) {
      const answer = await call('other', `/v2/models/iris${path}`);
      expect(answer.body).not.toContain('promote');
      expect(answer.body.replaceAll('iris', 'other')).toBe(
        (await call('other', `/v2/models/other${path}`)).body,
      );
    }
  });

  test('does not load a model again that an administrator unloaded', async () => {
    const folder = temporaryFolder();
    const registry = await sampleRegistry(folder, onnxVersion('affine', 'affine'));
    const call = await startWithKeys(folder, { admin: { scopes: ['admin', 'infer:*'] } });
    const send = async (path: string, json: unknown) => (await call('admin', path, json)).status;
    expect(await send('/v2/repository/models/affine/unload', {})).toBe(200);
    // A search that found another model has skipped the unloaded one.
    await registry.push(onnxVersion('iris', 'affine'));
    await registry.setAlias('iris', 'champion', 1, by);
    await until(async () => (await send('/v2/models/iris/infer', body)) === 200);
    expect(await send('/v2/models/affine/infer', body)).toBe(404);
  });
});

test('a gateway with a list of models serves no other', async () => {
  const { registry, infer } = await inFolder({ FAIRLEAD_MODELS: 'affine' });
  await registry.push(onnxVersion('iris', 'affine'));
  await registry.setAlias('iris', 'champion', 1, by);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect((await infer('iris'))[0]).toBe(404);
  expect((await infer('affine'))[0]).toBe(200);
});

describe('the search', () => {
  function discovery(options: Partial<ModelDiscoveryOptions> = {}) {
    const registry = new ModelRegistry({ store: folderStore(temporaryFolder()) });
    const created = new ModelDiscovery({
      ...{ registry, alias: 'champion', pollIntervalMs: 1 },
      isServed: () => false,
      load: () => Promise.resolve(),
      onError: () => undefined,
      ...options,
    });
    onTestFinished(() => created.close());
    return created;
  }

  test('queries at most 20 models at a time, and all of them in turn', async () => {
    const names = Array.from({ length: 50 }, (_, at) => `m${at}`);
    const queried: string[][] = [];
    discovery({
      registry: {
        modelNames: () => {
          queried.push([]);
          return Promise.resolve(names);
        },
        resolve: (model) => {
          queried.at(-1)?.push(model);
          return Promise.reject(
            Object.assign(new Error(), { code: 'ERR_REGISTRY_ALIAS_NOT_FOUND' }),
          );
        },
        listVersions: () => Promise.resolve([]),
      },
    }).start();
    await until(() => queried.length > 3);
    expect(queried.slice(0, 3).map(({ length }) => length)).toEqual([20, 20, 20]);
    expect(new Set(queried.slice(0, 3).flat())).toEqual(new Set(names));
  });

  test('ends while the registry does not answer, and loads nothing that is found later', async () => {
    const answer = Promise.withResolvers<{ readonly version: number }>();
    const loads: string[] = [];
    let queries = 0;
    const search = discovery({
      registry: {
        modelNames: () => Promise.resolve(['iris']),
        resolve: () => {
          queries += 1;
          return answer.promise;
        },
        listVersions: () => Promise.resolve([]),
      },
      load: (model) => {
        loads.push(model);
        return Promise.resolve();
      },
    });
    search.start();
    await until(() => queries > 0);
    await search.close();
    answer.resolve({ version: 1 });
    await new Promise(setImmediate);
    expect(loads).toEqual([]);
  });

  test('ends when the model that it loads is loaded', async () => {
    const loaded = Promise.withResolvers<undefined>();
    let isLoading = false;
    const search = discovery({
      registry: {
        modelNames: () => Promise.resolve(['iris']),
        resolve: () => Promise.resolve({ version: 1 }),
        listVersions: () => Promise.resolve([]),
      },
      load: async () => {
        isLoading = true;
        await loaded.promise;
      },
    });
    search.start();
    await until(() => isLoading);
    let isClosed = false;
    const closed = search.close().then(() => (isClosed = true));
    await new Promise(setImmediate);
    expect(isClosed).toBe(false);
    loaded.resolve(undefined);
    await closed;
  });

  test('loads a version that failed to load not at every search, but another version at once', async () => {
    let [searches, version] = [0, 1];
    const loads: number[] = [];
    discovery({
      registry: {
        modelNames: () => {
          searches += 1;
          return Promise.resolve(['iris']);
        },
        resolve: () => Promise.resolve({ version }),
        listVersions: () => Promise.resolve([]),
      },
      load: () => {
        loads.push(version);
        return Promise.reject(new Error('damaged'));
      },
    }).start();
    await until(() => searches > 10);
    expect(loads).toEqual([1]);
    version = 2;
    const begin = searches;
    await until(() => searches > begin + 3);
    expect(loads).toEqual([1, 2]);
  });
});
