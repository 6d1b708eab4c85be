import { join } from 'node:path';
import { createGateway, readSettings } from '@fairlead/gateway';
import { httpCall, temporaryFolder, until } from '@fairlead/test-support';
import { expect, test } from 'vitest';
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
    FAIRLEAD_WARM_UP_MS: '300',
  });
  const { requests } = await gateway.logged('warmed up');
  expect(requests).toBeGreaterThan(50);
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
    FAIRLEAD_WARM_UP_MS: '300',
  });
  expect((await gateway.logged('warmed up')).requests).toBeGreaterThan(50);
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
    FAIRLEAD_WARM_UP_MS: '300',
  });
  expect((await gateway.logged('warmed up')).requests).toBeGreaterThan(50);
  expect((await gateway.call(infer, { body })).status).toBe(200);
});

test('a model that takes longer than the warm-up does not delay readiness by more than it', async () => {
  const folder = temporaryFolder();
  const inputs = [{ name: 'times', datatype: 'INT64', shape: [1], data: [20_000] }] as const;
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
    FAIRLEAD_WARM_UP_MS: '300',
  });
  expect(await gateway.gateway.isReady()).toBe(true);
  expect(gateway.logs.filter((line) => line.includes('warm'))).toEqual([]);
});
