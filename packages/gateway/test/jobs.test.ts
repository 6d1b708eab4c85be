import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { ask } from './support/ask.ts';
import { eventually } from './support/eventually.ts';
import { startGatewayProcess } from './support/gateway-process.ts';
import { pepper, writeKeysFile } from './support/keys-file.ts';
import { onnxModel, sampleRegistry } from './support/sample-registry.ts';
import { tempFolder } from './support/temp-folder.ts';

// Each test starts gateways, which takes long on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

const affine = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] };
const open = { FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1' };
const later = { prefer: 'respond-async' };

interface JobBody {
  readonly id: string;
  readonly status: string;
  readonly url: string;
  readonly result_url: string;
}

async function environment(more: Readonly<Record<string, string>>) {
  const registry = tempFolder();
  await sampleRegistry(registry, onnxModel('affine', 'affine'), onnxModel('slow', 'slow'));
  const socketPath = join(tempFolder(), 'gateway.sock');
  return {
    socketPath,
    variables: {
      FAIRLEAD_REGISTRY: registry,
      FAIRLEAD_LISTEN: `unix:${socketPath}`,
      FAIRLEAD_JOBS_FOLDER: join(tempFolder(), 'jobs'),
      ...more,
    },
  };
}

const bodyOf = ({ body }: { readonly body: string }): JobBody => JSON.parse(body) as JobBody;

test('answers later, tells of it by a webhook, counts it, and ends cleanly', async () => {
  const received: { headers: IncomingHttpHeaders; body: string }[] = [];
  const receiver = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      received.push({ headers: req.headers, body: Buffer.concat(chunks).toString() });
      res.end();
    });
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  onTestFinished(() => {
    receiver.close();
    receiver.closeAllConnections();
  });
  const origin = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  const { socketPath, variables } = await environment({
    ...open,
    FAIRLEAD_WEBHOOK_ORIGINS: origin,
    FAIRLEAD_WEBHOOK_SECRETS: `whsec_${Buffer.alloc(32, 1).toString('base64')}`,
  });
  const gateway = startGatewayProcess(variables);
  await gateway.logged('models loaded');
  const headers = { ...later, 'fairlead-webhook': `${origin}/done` };
  const accepted = await ask({ socketPath }, '/v2/models/affine/infer', { headers, body: affine });
  expect(accepted.status).toBe(202);
  const job = bodyOf(accepted);
  await eventually(async () => {
    const { status } = bodyOf(await ask({ socketPath }, job.url));
    return status === 'succeeded' ? true : undefined;
  });
  const result = await ask({ socketPath }, job.result_url);
  expect([result.status, JSON.parse(result.body)]).toMatchObject([
    200,
    { outputs: [{ data: [3, 5] }] },
  ]);
  expect(result.headers['fairlead-version']).toBe('1');
  await eventually(() => Promise.resolve(received.length > 0 ? true : undefined));
  expect(received[0]?.headers).toMatchObject({ 'webhook-id': job.id });
  expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({ type: 'job.succeeded' });

  const { body: page } = await ask({ socketPath }, '/metrics');
  expect(page).toContain('fairlead_jobs_finished_total{model="affine",state="succeeded"} 1');
  expect(page).toContain('fairlead_jobs{state="queued"} 0');
  const elsewhere = { ...later, 'fairlead-webhook': 'http://169.254.169.254/' };
  const refused = { headers: elsewhere, body: affine };
  expect((await ask({ socketPath }, '/v2/models/affine/infer', refused)).status).toBe(400);
  gateway.signal('SIGTERM');
  expect(await gateway.ended).toBe(0);
});

test('a job outlives the gateway that accepted it: given back at SIGTERM, run by the next', async () => {
  const { socketPath, variables } = await environment({
    ...open,
    FAIRLEAD_SHUTDOWN_GRACE_MS: '100',
  });
  const first = startGatewayProcess(variables);
  await first.logged('models loaded');
  const times = (count: number) => ({
    inputs: [{ name: 'times', datatype: 'INT64', shape: [1], data: [count] }],
  });
  const slow = await ask({ socketPath }, '/v2/models/slow/infer', {
    headers: later,
    body: times(30_000),
  });
  const quick = await ask({ socketPath }, '/v2/models/affine/infer', {
    headers: later,
    body: affine,
  });
  await eventually(async () => {
    const { status } = bodyOf(await ask({ socketPath }, bodyOf(slow).url));
    return status === 'running' ? true : undefined;
  });
  first.signal('SIGTERM');
  await first.ended;
  const second = startGatewayProcess(variables);
  await second.logged('models loaded');
  for (const job of [bodyOf(slow), bodyOf(quick)]) {
    await eventually(async () => {
      const { status } = bodyOf(await ask({ socketPath }, job.url));
      return status === 'succeeded' ? true : undefined;
    });
  }
  second.signal('SIGTERM');
  await second.ended;
});

test('jobs need the scope of their model, and belong to the client of their key', async () => {
  const { keysFile, keys } = writeKeysFile(tempFolder(), {
    ann: { scopes: ['infer:affine'] },
    bob: { scopes: ['infer:affine'] },
    eve: { scopes: ['infer:slow'] },
  });
  const { socketPath, variables } = await environment({
    FAIRLEAD_KEYS_FILE: keysFile,
    FAIRLEAD_PEPPER: pepper,
  });
  const gateway = startGatewayProcess(variables);
  await gateway.logged('models loaded');
  const as = (client: 'ann' | 'bob' | 'eve') => ({ authorization: `Bearer ${keys[client]}` });
  const make = (headers: Record<string, string>) =>
    ask({ socketPath }, '/v2/models/affine/infer', {
      headers: { ...later, ...headers },
      body: affine,
    });
  expect((await make({})).status).toBe(401);
  expect((await make(as('eve'))).status).toBe(403);
  const accepted = await make(as('ann'));
  expect(accepted.status).toBe(202);
  const { url } = bodyOf(accepted);
  expect((await ask({ socketPath }, url)).status).toBe(401);
  expect((await ask({ socketPath }, url, { headers: as('bob') })).status).toBe(404);
  expect((await ask({ socketPath }, url, { headers: as('ann') })).status).toBe(200);
  gateway.signal('SIGTERM');
  await gateway.ended;
});

test('a key without the scope of its model sees, cancels and deletes no job of its client', async () => {
  const { keysFile, keys } = writeKeysFile(tempFolder(), {
    with: { client: 'ann', scopes: ['infer:affine'] },
    without: { client: 'ann', scopes: ['infer:slow'] },
  });
  const { socketPath, variables } = await environment({
    FAIRLEAD_KEYS_FILE: keysFile,
    FAIRLEAD_PEPPER: pepper,
  });
  const gateway = startGatewayProcess(variables);
  await gateway.logged('models loaded');
  const as = (name: 'with' | 'without') => ({ authorization: `Bearer ${keys[name]}` });
  const accepted = await ask({ socketPath }, '/v2/models/affine/infer', {
    headers: { ...later, ...as('with') },
    body: affine,
  });
  const job = bodyOf(accepted);
  await eventually(async () => {
    const { status } = await ask({ socketPath }, job.result_url, { headers: as('with') });
    return status === 200 ? true : undefined;
  });
  for (const [method, path] of [
    ['GET', job.url],
    ['GET', job.result_url],
    ['DELETE', job.url],
  ] as const) {
    const refused = await ask({ socketPath }, path, { method, headers: as('without') });
    expect([refused.status, JSON.parse(refused.body)]).toMatchObject([403, { status: 403 }]);
  }
  const remove = { method: 'DELETE', headers: as('with') };
  expect((await ask({ socketPath }, job.url, remove)).status).toBe(204);
  expect((await ask({ socketPath }, job.url, { headers: as('with') })).status).toBe(404);
  gateway.signal('SIGTERM');
  await gateway.ended;
});

test('one client fills its own places alone', async () => {
  const { keysFile, keys } = writeKeysFile(tempFolder(), {
    ann: { scopes: ['infer:*'] },
    bob: { scopes: ['infer:*'] },
  });
  const { socketPath, variables } = await environment({
    FAIRLEAD_KEYS_FILE: keysFile,
    FAIRLEAD_PEPPER: pepper,
    FAIRLEAD_JOBS_MAX_PER_CLIENT: '1',
    FAIRLEAD_SHUTDOWN_GRACE_MS: '100',
  });
  const gateway = startGatewayProcess(variables);
  await gateway.logged('models loaded');
  const make = (client: 'ann' | 'bob', model: string, body: object) =>
    ask({ socketPath }, `/v2/models/${model}/infer`, {
      headers: { ...later, authorization: `Bearer ${keys[client]}` },
      body,
    });
  const times = { name: 'times', datatype: 'INT64', shape: [1], data: [30_000] };
  expect((await make('ann', 'slow', { inputs: [times] })).status).toBe(202);
  const refused = await make('ann', 'affine', affine);
  expect(refused.status).toBe(429);
  expect(refused.headers).toMatchObject({
    'retry-after': '1',
    'fairlead-error': 'ERR_SERVING_JOBS_OWNER_LIMIT',
  });
  expect((await make('bob', 'affine', affine)).status).toBe(202);
  gateway.signal('SIGTERM');
  await gateway.ended;
});

test('a folder that is none stops the start, and names the setting', async () => {
  const file = join(tempFolder(), 'file');
  writeFileSync(file, '');
  const { variables } = await environment({ ...open, FAIRLEAD_JOBS_FOLDER: file });
  const gateway = startGatewayProcess(variables);
  expect(await gateway.ended).toBe(1);
  expect(gateway.output()).toContain("FAIRLEAD_JOBS_FOLDER can't be used");
});
