import { InferenceMetrics } from '@fairlead/monitoring';
import { temporaryFolder } from '@fairlead/test-support';
import { expect, onTestFinished, test } from 'vitest';
import { metricsReader } from '../src/console/read-metrics.ts';
import { TrafficSampler } from '../src/console/traffic-sampler.ts';
import { pepper, writeKeysFile } from './support/keys-file.ts';
import { onnxVersion, sampleRegistry } from './support/sample-registry.ts';
import { startGateway } from './support/start-gateway.ts';

const label = { model: 'churn', version: '3' };

test('the traffic of a version is its growth in the last five minutes, and its rate by ten seconds', async () => {
  const metrics = new InferenceMetrics();
  const finish = (outcome: 'success' | 'failure', requestDurationMs: number) => {
    metrics.inferenceFinished({
      ...{ ...label, outcome, requestDurationMs, rows: 1, queueDurationMs: 0 },
      computeDurationMs: 0,
    });
  };
  // Before the five minutes.
  for (let count = 0; count < 1000; count += 1) finish('success', 900);
  const clock = { now: 0 };
  const sampler = new TrafficSampler(
    metricsReader(metrics.registry, undefined),
    () => undefined,
    () => clock.now,
  );
  onTestFinished(() => {
    sampler.close();
  });
  await new Promise((resolve) => setImmediate(resolve));
  for (let sample = 0; sample < 40; sample += 1) {
    if (sample === 20) for (let count = 0; count < 50; count += 1) finish('success', 2);
    if (sample === 39) {
      for (let count = 0; count < 40; count += 1) finish('success', 20);
      for (let count = 0; count < 10; count += 1) finish('failure', 1);
    }
    clock.now += 10_000;
    await sampler.sample();
  }
  clock.now += 5000;
  finish('success', 2);
  const { seconds, versions } = await sampler.read();
  expect(seconds).toBe(305);
  expect(versions).toHaveLength(1);
  expect(versions[0]).toMatchObject({ ...label, requests: 101, failures: 10 });
  expect(versions[0]).toMatchObject({ p50Ms: 2.5, p99Ms: 25 });
  expect(versions[0]?.rates.slice(0, 3)).toEqual([0.2, 5, 0]);
  expect(versions[0]?.rates).toHaveLength(31);

  // A version that was loaded again begins at 0.
  metrics.forget(label.model, label.version);
  finish('success', 2);
  expect((await sampler.read()).versions[0]).toMatchObject({ requests: 1, failures: 0 });
});

test('the numbers of the page need the scope of the metrics', async () => {
  const folder = temporaryFolder();
  await sampleRegistry(folder, onnxVersion('affine', 'affine'));
  const { keysFile, keys } = writeKeysFile(temporaryFolder(), {
    scraper: { scopes: ['metrics', 'infer:*'] },
    user: { scopes: ['infer:*'] },
  });
  const { call } = await startGateway({
    FAIRLEAD_REGISTRY: folder,
    FAIRLEAD_KEYS_FILE: keysFile,
    FAIRLEAD_PEPPER: pepper,
  });
  const as = (name: keyof typeof keys) => ({ authorization: `Bearer ${keys[name]}` });
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }];
  await call('/v2/models/affine/infer', { body: { inputs }, headers: as('user') });
  expect((await call('/console.json')).status).toBe(401);
  expect((await call('/console.json', { headers: as('user') })).status).toBe(403);
  const { status, headers, body } = await call('/console.json', { headers: as('scraper') });
  expect([status, headers['cache-control']]).toEqual([200, 'no-store']);
  const { versions, errors } = JSON.parse(body) as { versions: unknown[]; errors: unknown[] };
  expect(errors).toEqual([]);
  expect(versions).toMatchObject([
    { model: 'affine', version: '1', requests: 1, failures: 0, drift: null },
  ]);
  // Its value is in no answer of the page.
  const wrong = [{ ...inputs[0], data: [1, 'SENTINEL'] }];
  for (const id of ['a', 'b']) {
    const from = { ...as('user'), 'x-request-id': id };
    await call('/v2/models/affine/infer', { body: { inputs: wrong }, headers: from });
  }
  const answer = await call('/console.json', { headers: as('scraper') });
  expect(answer.body).not.toContain('SENTINEL');
  expect((JSON.parse(answer.body) as { errors: unknown }).errors).toMatchObject([
    { code: expect.any(String) as string, model: 'affine', place: 'inference', count: 2 },
  ]);
});
