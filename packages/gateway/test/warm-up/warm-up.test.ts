import { join } from 'node:path';
import { createGateway, readSettings } from '@fairlead/gateway';
import { httpCall, onnxModel, temporaryFolder, until } from '@fairlead/test-support';
import { expect, onTestFinished, test } from 'vitest';
import { startAffineUpstream } from '../support/affine-upstream.ts';
import { pepper, writeKeysFile } from '../support/keys-file.ts';
import { onnxVersion, sampleRegistry, upstreamVersion } from '../support/sample-registry.ts';
import { startGateway } from '../support/start-gateway.ts';

const body = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] };
const infer = '/v2/models/affine/infer';

async function affineRegistry(): Promise<string> {
  const folder = temporaryFolder();
  await sampleRegistry(folder, onnxVersion('affine', 'affine'));
  return folder;
}

test('the gateway answers its own requests before it is ready, and counts, logs and records none', async () => {
  const gateway = await startGateway({
    FAIRLEAD_REGISTRY: await affineRegistry(),
    FAIRLEAD_WARM_UP_MS: '500',
  });
  const { requests } = await gateway.logged('warmed up');
  expect(requests).toBeGreaterThan(0);
  expect(gateway.logs.filter((line) => line.includes('"msg":"request"'))).toEqual([]);
  const { body: page } = await gateway.call('/metrics');
  expect(page).not.toMatch(/^nv_inference_request_success\{model="affine",version="1"\} [1-9]/m);
  expect(page).not.toContain('route="infer"');
  expect((await gateway.call(infer, { body })).status).toBe(200);
  const { body: after } = await gateway.call('/metrics');
  expect(after).toContain('nv_inference_request_success{model="affine",version="1"} 1\n');
});

test('a gateway that needs keys warms up with one that no client has', async () => {
  const { keysFile, keys } = writeKeysFile(temporaryFolder(), { app: { scopes: ['infer:*'] } });
  const gateway = await startGateway({
    FAIRLEAD_KEYS_FILE: keysFile,
    FAIRLEAD_PEPPER: pepper,
    FAIRLEAD_REGISTRY: await affineRegistry(),
    FAIRLEAD_WARM_UP_MS: '500',
  });
  expect((await gateway.logged('warmed up')).requests).toBeGreaterThan(0);
  expect((await gateway.call(infer, { body })).status).toBe(401);
  const headers = { authorization: `Bearer ${keys.app}` };
  expect((await gateway.call(infer, { body, headers })).status).toBe(200);
});

test('during the warm-up clients get answers, and the gateway is not ready; a stop ends it', async () => {
  const lines: string[] = [];
  const settings = readSettings({
    FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
    FAIRLEAD_LISTEN: '127.0.0.1:0',
    FAIRLEAD_REGISTRY: await affineRegistry(),
    FAIRLEAD_WARM_UP_MS: '60000',
  });
  const gateway = await createGateway(settings, { log: { write: (line) => lines.push(line) } });
  const bound = gateway.server.address();
  const address = { port: typeof bound === 'object' ? (bound?.port ?? 0) : 0 };
  await until(async () => (await httpCall(address, infer, { body })).status === 200);
  expect((await httpCall(address, '/v2/health/ready')).status).toBe(503);
  expect(await gateway.isReady()).toBe(false);
  const startedAt = performance.now();
  expect(await gateway.close()).toBe(true);
  expect(performance.now() - startedAt).toBeLessThan(20_000);
  await gateway.loaded;
  expect(lines.join('')).not.toContain('the warm-up ended early');
});

test('a gateway on a Unix socket warms up over one', async () => {
  const gateway = await startGateway({
    FAIRLEAD_LISTEN: `unix:${join(temporaryFolder(), 'gateway.sock')}`,
    FAIRLEAD_REGISTRY: await affineRegistry(),
    FAIRLEAD_WARM_UP_MS: '500',
  });
  expect((await gateway.logged('warmed up')).requests).toBeGreaterThan(0);
  expect((await gateway.call(infer, { body })).status).toBe(200);
});

test('a model that takes longer than the warm-up does not delay readiness by more than it', async () => {
  const folder = temporaryFolder();
  const inputs = [{ name: 'times', datatype: 'INT64', shape: [1], data: [5_000] }] as const;
  const goldenExamples = [{ inputs, outputs: [] }];
  await sampleRegistry(folder, { ...onnxVersion('slow', 'slow'), goldenExamples });
  const gateway = await startGateway({ FAIRLEAD_REGISTRY: folder, FAIRLEAD_WARM_UP_MS: '100' });
  const { requests, durationMs } = await gateway.logged('warmed up');
  // The time of those few requests depends on the other work of the machine, their number doesn't.
  expect(requests).toBeLessThan(10);
  expect(durationMs).toBeLessThan(60_000);
  expect(await gateway.gateway.isReady()).toBe(true);
});

test('models of a Python service get no requests', async () => {
  const folder = temporaryFolder();
  await sampleRegistry(folder, upstreamVersion('affine'));
  const upstream = await startAffineUpstream();
  const gateway = await startGateway({
    FAIRLEAD_REGISTRY: folder,
    FAIRLEAD_FLASK_ADDRESS: upstream.address,
    FAIRLEAD_WARM_UP_MS: '500',
  });
  expect(await gateway.gateway.isReady()).toBe(true);
  expect(gateway.logs.filter((line) => line.includes('warm'))).toEqual([]);
});

/** A model that takes indices from 0 to 2. */
const picky = {
  ...({ model: 'picky', runtime: { name: 'onnx' }, actor: 'test' } as const),
  files: { 'model.onnx': onnxModel('picky') },
  signature: {
    inputs: [{ name: 'index', datatype: 'INT64', shape: [-1] }],
    outputs: [{ name: 'value', datatype: 'FP32', shape: [-1] }],
  },
} as const;

test('a model that answers no inputs of its signature gets no requests', async () => {
  const folder = temporaryFolder();
  const [index] = picky.signature.inputs;
  const inputs = [{ ...index, range: { min: 3, max: 9 } }];
  await sampleRegistry(folder, { ...picky, signature: { ...picky.signature, inputs } });
  const gateway = await startGateway({ FAIRLEAD_REGISTRY: folder, FAIRLEAD_WARM_UP_MS: '500' });
  expect(await gateway.logged('warmed up')).toMatchObject({ requests: 0 });
  expect(gateway.logs.join('')).not.toMatch(/circuit|ended early/);
});

test('a model that no drawn inputs suit gets no requests, and its circuit stays closed', async () => {
  const folder = temporaryFolder();
  const signature = {
    inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, -1] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [-1] }],
  } as const;
  const files = { 'model.onnx': onnxModel('shapes/sevens') };
  await sampleRegistry(folder, { ...picky, model: 'sevens', signature, files });
  const gateway = await startGateway({ FAIRLEAD_REGISTRY: folder, FAIRLEAD_WARM_UP_MS: '500' });
  expect(gateway.logs.join('')).not.toMatch(/circuit|ended early/);
  expect(await gateway.gateway.isReady()).toBe(true);
});

test('64-bit integers, NaN and other values that JSON has no numbers for are sent as they are', async () => {
  const folder = temporaryFolder();
  const x = { name: 'x', datatype: 'FP32', shape: [1, 2], data: [NaN, Infinity] } as const;
  const index = { name: 'index', datatype: 'INT64', shape: [1], data: [2n] } as const;
  await sampleRegistry(
    folder,
    { ...onnxVersion('affine', 'affine'), goldenExamples: [{ inputs: [x], outputs: [] }] },
    { ...picky, goldenExamples: [{ inputs: [index], outputs: [] }] },
  );
  const gateway = await startGateway({ FAIRLEAD_REGISTRY: folder, FAIRLEAD_WARM_UP_MS: '500' });
  expect((await gateway.logged('warmed up')).requests).toBeGreaterThan(0);
  expect(gateway.logs.join('')).not.toContain('ended early');
});

test('limits of clients do not end the warm-up, and examples that no client may send are not sent', async () => {
  const folder = temporaryFolder();
  const rows = 40;
  const data = Array.from({ length: rows * 2 }, () => 1);
  const x = { name: 'x', datatype: 'FP32', shape: [rows, 2], data } as const;
  const goldenExamples = [{ inputs: [x], outputs: [] }];
  await sampleRegistry(folder, { ...onnxVersion('affine', 'affine'), goldenExamples });
  const variables = { FAIRLEAD_REGISTRY: folder, FAIRLEAD_WARM_UP_MS: '1000' };
  const limited = await startGateway({
    ...variables,
    FAIRLEAD_MAX_QUEUED: '1',
    FAIRLEAD_MAX_ROWS_PER_REQUEST: '8',
    FAIRLEAD_RATE_LIMIT: '1',
  });
  expect((await limited.logged('warmed up')).requests).toBeGreaterThan(0);
  const small = await startGateway({ ...variables, FAIRLEAD_MAX_BODY_BYTES: '100' });
  expect((await small.logged('warmed up')).requests).toBe(0);
  for (const { logs } of [limited, small]) expect(logs.join('')).not.toContain('ended early');
});

test('a version that is replaced during its warm-up ends it, and the next one answers', async () => {
  const folder = temporaryFolder();
  const registry = await sampleRegistry(folder, onnxVersion('affine', 'affine'));
  await registry.push(onnxVersion('affine', 'affine-next'));
  const settings = readSettings({
    FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
    FAIRLEAD_LISTEN: '127.0.0.1:0',
    FAIRLEAD_POLL_INTERVAL_MS: '20',
    FAIRLEAD_REGISTRY: folder,
    FAIRLEAD_WARM_UP_MS: '60000',
  });
  const lines: string[] = [];
  const gateway = await createGateway(settings, { log: { write: (line) => lines.push(line) } });
  onTestFinished(async () => {
    await gateway.close();
  });
  const bound = gateway.server.address();
  const address = { port: typeof bound === 'object' ? (bound?.port ?? 0) : 0 };
  const answers = async (version: string) =>
    (await httpCall(address, infer, { body })).body.includes(`"model_version":"${version}"`);
  await until(() => answers('1'));
  await registry.setAlias('affine', 'champion', 2, { actor: 'test' });
  await gateway.loaded;
  expect(await answers('2')).toBe(true);
  expect(await gateway.isReady()).toBe(true);
  expect(lines.join('')).toContain('"msg":"warmed up"');
  expect(lines.join('')).not.toContain('ended early');
}, 30_000);
