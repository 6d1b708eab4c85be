import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { httpCall, temporaryFolder, until } from '@fairlead/test-support';
import { expect, onTestFinished, test } from 'vitest';
import { startAffineUpstream } from './support/affine-upstream.ts';
import { startGatewayProcess } from './support/gateway-process.ts';
import { pepper, writeKeysFile } from './support/keys-file.ts';
import { onnxVersion, sampleRegistry, upstreamVersion } from './support/sample-registry.ts';
import { startGateway } from './support/start-gateway.ts';

const affine = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] };
const later = { prefer: 'respond-async' };

interface JobBody {
  readonly id: string;
  readonly status: string;
  readonly url: string;
  readonly result_url: string;
}

/** Variables of a gateway with a new registry and a new folder of jobs. */
async function jobVariables(
  more: Readonly<Record<string, string>> = {},
): Promise<Readonly<Record<string, string>>> {
  const registry = temporaryFolder();
  await sampleRegistry(registry, onnxVersion('affine', 'affine'), upstreamVersion('remote'));
  return {
    FAIRLEAD_REGISTRY: registry,
    FAIRLEAD_JOBS_FOLDER: join(temporaryFolder(), 'jobs'),
    ...(more.FAIRLEAD_FLASK_ADDRESS === undefined && { FAIRLEAD_MODELS: 'affine' }),
    ...more,
  };
}

const bodyOf = ({ body }: { readonly body: string }): JobBody => JSON.parse(body) as JobBody;

test('a job is answered later, announced by a webhook, and counted; the gateway closes cleanly', async () => {
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
  const { gateway, call } = await startGateway(
    await jobVariables({
      FAIRLEAD_WEBHOOK_ORIGINS: origin,
      FAIRLEAD_WEBHOOK_SECRETS: `whsec_${Buffer.alloc(32, 1).toString('base64')}`,
    }),
  );
  const headers = { ...later, 'fairlead-webhook': `${origin}/done` };
  const accepted = await call('/v2/models/affine/infer', {
    headers,
    body: affine,
  });
  expect(accepted.status).toBe(202);
  const job = bodyOf(accepted);
  await until(async () => {
    const { status } = bodyOf(await call(job.url));
    return status === 'succeeded';
  });
  const result = await call(job.result_url);
  expect([result.status, JSON.parse(result.body)]).toMatchObject([
    200,
    { outputs: [{ data: [3, 5] }] },
  ]);
  expect(result.headers['fairlead-version']).toBe('1');
  await until(() => received.length > 0);
  expect(received[0]?.headers).toMatchObject({ 'webhook-id': job.id });
  expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({ type: 'job.succeeded' });

  const { body: page } = await call('/metrics');
  expect(page).toContain('fairlead_jobs_finished_total{model="affine",state="succeeded"} 1');
  expect(page).toContain('fairlead_jobs{state="queued"} 0');
  const elsewhere = { ...later, 'fairlead-webhook': 'http://169.254.169.254/' };
  const refused = { headers: elsewhere, body: affine };
  expect((await call('/v2/models/affine/infer', refused)).status).toBe(400);
  expect(await gateway.close()).toBe(true);
});

test('a job that runs at SIGTERM is released, and the next gateway runs it', async () => {
  const [hanging, working] = [await startAffineUpstream(), await startAffineUpstream()];
  const variables = await jobVariables({
    FAIRLEAD_FLASK_ADDRESS: hanging.address,
    FAIRLEAD_SHUTDOWN_GRACE_MS: '100',
  });
  const socketPath = join(temporaryFolder(), 'gateway.sock');
  const first = startGatewayProcess({
    ...variables,
    FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
    FAIRLEAD_LISTEN: `unix:${socketPath}`,
  });
  await first.logged('models loaded');
  hanging.hang();
  const accept = async (model: string): Promise<JobBody> => {
    const request = { headers: later, body: affine };
    return bodyOf(await httpCall({ socketPath }, `/v2/models/${model}/infer`, request));
  };
  const [running, waiting] = [await accept('remote'), await accept('affine')];
  await until(async () => {
    const { status } = bodyOf(await httpCall({ socketPath }, running.url));
    return status === 'running';
  });
  first.signal('SIGTERM');
  await first.ended;
  const { call } = await startGateway({ ...variables, FAIRLEAD_FLASK_ADDRESS: working.address });
  for (const job of [running, waiting]) {
    await until(async () => bodyOf(await call(job.url)).status === 'succeeded');
  }
});

test('jobs need the scope of their model, and belong to the client of their key', async () => {
  const { keysFile, keys } = writeKeysFile(temporaryFolder(), {
    ann: { scopes: ['infer:affine'] },
    bob: { scopes: ['infer:affine'] },
    eve: { scopes: ['infer:remote'] },
  });
  const { call } = await startGateway(
    await jobVariables({
      FAIRLEAD_KEYS_FILE: keysFile,
      FAIRLEAD_PEPPER: pepper,
    }),
  );
  const as = (client: 'ann' | 'bob' | 'eve') => ({ authorization: `Bearer ${keys[client]}` });
  const make = (headers: Record<string, string>) =>
    call('/v2/models/affine/infer', {
      headers: { ...later, ...headers },
      body: affine,
    });
  expect((await make({})).status).toBe(401);
  expect((await make(as('eve'))).status).toBe(403);
  const accepted = await make(as('ann'));
  expect(accepted.status).toBe(202);
  const { url } = bodyOf(accepted);
  expect((await call(url)).status).toBe(401);
  expect((await call(url, { headers: as('bob') })).status).toBe(404);
  expect((await call(url, { headers: as('ann') })).status).toBe(200);
});

test('a key without the scope of its model sees, cancels and deletes no job of its client', async () => {
  const { keysFile, keys } = writeKeysFile(temporaryFolder(), {
    with: { client: 'ann', scopes: ['infer:affine'] },
    without: { client: 'ann', scopes: ['infer:remote'] },
  });
  const { call } = await startGateway(
    await jobVariables({
      FAIRLEAD_KEYS_FILE: keysFile,
      FAIRLEAD_PEPPER: pepper,
    }),
  );
  const as = (name: 'with' | 'without') => ({ authorization: `Bearer ${keys[name]}` });
  const accepted = await call('/v2/models/affine/infer', {
    headers: { ...later, ...as('with') },
    body: affine,
  });
  const job = bodyOf(accepted);
  await until(async () => {
    const { status } = await call(job.result_url, { headers: as('with') });
    return status === 200;
  });
  for (const [method, path] of [
    ['GET', job.url],
    ['GET', job.result_url],
    ['DELETE', job.url],
  ] as const) {
    const refused = await call(path, { method, headers: as('without') });
    expect([refused.status, JSON.parse(refused.body)]).toMatchObject([403, { status: 403 }]);
  }
  const remove = { method: 'DELETE', headers: as('with') };
  expect((await call(job.url, remove)).status).toBe(204);
  expect((await call(job.url, { headers: as('with') })).status).toBe(404);
});

test('a client at its limit of jobs leaves room for other clients', async () => {
  const { keysFile, keys } = writeKeysFile(temporaryFolder(), {
    ann: { scopes: ['infer:*'] },
    bob: { scopes: ['infer:*'] },
  });
  const upstream = await startAffineUpstream();
  const { call } = await startGateway(
    await jobVariables({
      FAIRLEAD_KEYS_FILE: keysFile,
      FAIRLEAD_PEPPER: pepper,
      FAIRLEAD_FLASK_ADDRESS: upstream.address,
      FAIRLEAD_JOBS_MAX_PER_CLIENT: '1',
      FAIRLEAD_SHUTDOWN_GRACE_MS: '100',
    }),
  );
  upstream.hang();
  const make = (client: 'ann' | 'bob', model: string) =>
    call(`/v2/models/${model}/infer`, {
      headers: { ...later, authorization: `Bearer ${keys[client]}` },
      body: affine,
    });
  expect((await make('ann', 'remote')).status).toBe(202);
  const refused = await make('ann', 'affine');
  expect(refused.status).toBe(429);
  expect(refused.headers).toMatchObject({
    'retry-after': '1',
    'fairlead-error': 'ERR_SERVING_JOBS_OWNER_LIMIT',
  });
  expect((await make('bob', 'affine')).status).toBe(202);
});

test('a file in place of the folder stops the start, naming the setting', async () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  const starting = startGateway(await jobVariables({ FAIRLEAD_JOBS_FOLDER: file }));
  await expect(starting).rejects.toThrow("FAIRLEAD_JOBS_FOLDER can't be used");
});
