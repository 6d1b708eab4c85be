import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { readTree, temporaryFolder, until } from '@fairlead/test-support';
import { parquetReadObjects } from 'hyparquet';
import { expect, test } from 'vitest';
import { grpcClient } from '../support/grpc-client.ts';
import { pepper, writeKeysFile } from '../support/keys-file.ts';
import { onnxVersion, sampleRegistry } from '../support/sample-registry.ts';
import { startGateway, type StartedGateway } from '../support/start-gateway.ts';

const open = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] };
const instances = { instances: [[1, 2]] };
const columns = { inputs: { x: [[1, 2]] } };
const message = {
  modelName: 'affine',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2] }],
  rawInputContents: [Buffer.from(new Float32Array([1, 2]).buffer)],
};

type Headers = Readonly<Record<string, string>>;

/** Sends one request over each protocol and as a job, with the request ids `<prefix>-<protocol>`. */
async function sendAll({ call, logged }: StartedGateway, prefix: string, headers: Headers) {
  const send = async (protocol: string, path: string, body: object, more: Headers = {}) => {
    const sent = { ...headers, 'x-request-id': `${prefix}-${protocol}`, ...more };
    const { status, body: answer } = await call(path, { body, headers: sent });
    expect([protocol, status, answer]).toEqual([protocol, more.prefer ? 202 : 200, answer]);
    return answer;
  };
  await send('open', '/v2/models/affine/infer', open);
  await send('tensorflow', '/v1/models/affine:predict', instances);
  await send('mlflow', '/invocations', columns);
  const { port } = await logged('listening for gRPC');
  await grpcClient(`127.0.0.1:${String(port)}`)('ModelInfer', message, {
    ...headers,
    'x-request-id': `${prefix}-grpc`,
  });
  const job = await send('job', '/v2/models/affine/infer', open, { prefer: 'respond-async' });
  const { url } = JSON.parse(job) as { readonly url: string };
  await until(async () => (await call(url, { headers })).body.includes('succeeded'));
}

/** Captures what `requests` sends; resolves to the captured routing keys by request id. */
async function capturedKeys(
  variables: Headers,
  requests: (started: StartedGateway) => Promise<void>,
): Promise<Readonly<Record<string, unknown>>> {
  const folder = temporaryFolder();
  const registry = join(folder, 'registry');
  mkdirSync(registry);
  await sampleRegistry(registry, onnxVersion('affine', 'affine'));
  const captures = join(folder, 'captures');
  const all = {
    FAIRLEAD_REGISTRY: registry,
    FAIRLEAD_GRPC_LISTEN: '127.0.0.1:0',
    FAIRLEAD_PROTOCOLS: 'open-inference,tensorflow-serving,mlflow',
    FAIRLEAD_INVOCATIONS_MODEL: 'affine',
    FAIRLEAD_JOBS_FOLDER: join(folder, 'jobs'),
    FAIRLEAD_STATE_FOLDER: join(folder, 'state'),
    FAIRLEAD_CAPTURE_LOCATION: captures,
    FAIRLEAD_CAPTURE_SHARE: '1',
    ...variables,
  };
  const first = await startGateway(all);
  await requests(first);
  await first.gateway.close();
  // Stores what waits, if the first one didn't have the time.
  const second = await startGateway(all);
  const files = await until(() => {
    const stored = Object.entries(readTree(captures)).filter(([name]) => name.endsWith('.parquet'));
    return stored.length > 0 && stored;
  });
  await second.gateway.close();
  const rows = await Promise.all(
    files.map(([, body]) =>
      parquetReadObjects({ file: Uint8Array.from(Buffer.from(body, 'latin1')).buffer }),
    ),
  );
  const keys = rows
    .flat()
    .map(({ request_id: id, routing_key: key }) => [String(id), key] as const);
  return Object.fromEntries(keys.sort());
}

const ofAll = (prefix: string, key: unknown) =>
  Object.fromEntries(
    ['grpc', 'job', 'mlflow', 'open', 'tensorflow'].map((each) => [`${prefix}-${each}`, key]),
  );

test('the header of the settings is the routing key of every protocol and of jobs, else the client of the key', async () => {
  const { keysFile, keys } = writeKeysFile(temporaryFolder(), { shop: { scopes: ['infer:*'] } });
  const authorization = `Bearer ${keys.shop}`;
  const access = { FAIRLEAD_KEYS_FILE: keysFile, FAIRLEAD_PEPPER: pepper };
  const captured = await capturedKeys(
    {
      ...access,
      FAIRLEAD_ROUTING_KEY_HEADER: 'X-User-Id',
      FAIRLEAD_CAPTURE_ROUTING_KEYS: '1',
    },
    async (started) => {
      await sendAll(started, 'user', { authorization, 'x-user-id': 'user 7' });
      await sendAll(started, 'none', { authorization });
      await sendAll(started, 'empty', { authorization, 'x-user-id': '' });
    },
  );
  expect(captured).toEqual({
    ...ofAll('user', 'user 7'),
    ...ofAll('none', 'shop'),
    ...ofAll('empty', 'shop'),
  });
});

test('without keys a request without the header has no routing key, and its address is not captured', async () => {
  const captured = await capturedKeys(
    { FAIRLEAD_ROUTING_KEY_HEADER: 'x-user-id', FAIRLEAD_CAPTURE_ROUTING_KEYS: '1' },
    async (started) => {
      await sendAll(started, 'user', { 'x-user-id': 'user 7' });
      await sendAll(started, 'none', {});
      const { port } = await started.logged('listening for gRPC');
      await grpcClient(`127.0.0.1:${String(port)}`)('ModelInfer', message);
    },
  );
  const { length } = Object.keys(captured);
  expect([length, Object.values(captured).filter((key) => key === null)]).toEqual([
    11,
    Array.from({ length: 6 }, () => null),
  ]);
  expect(captured).toMatchObject({ ...ofAll('user', 'user 7'), ...ofAll('none', null) });
});

test('routing keys are not captured unless the settings say so', async () => {
  const captured = await capturedKeys(
    { FAIRLEAD_ROUTING_KEY_HEADER: 'x-user-id' },
    async (started) => {
      await sendAll(started, 'user', { 'x-user-id': 'user 7' });
    },
  );
  expect(captured).toEqual(ofAll('user', null));
});
