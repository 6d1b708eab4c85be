import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { folderStore, ModelRegistry } from '@fairlead/registry';
import { readPlan, RolloutLog, type RolloutRunner } from '@fairlead/rollout';
import type { ModelServer } from '@fairlead/serving';
import { httpCall, temporaryFolder, until } from '@fairlead/test-support';
import { expect, onTestFinished, test } from 'vitest';
import { onnxVersion } from '../support/sample-registry.ts';

const by = { actor: 'test' };
const body = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] };

test('the example of the README of rollouts splits traffic in Express, and promotes a candidate', async () => {
  const folder = temporaryFolder();
  const store = folderStore(folder);
  const registry = new ModelRegistry({ store });
  await registry.push(onnxVersion('digits', 'affine'));
  await registry.push(onnxVersion('digits', 'affine-next'));
  await registry.setAlias('digits', 'champion', 1, by);
  await registry.setAlias('digits', 'candidate', 2, by);

  const readme = readFileSync(new URL('../../../rollout/README.md', import.meta.url), 'utf8');
  const code = readme
    .split('```ts\n')
    .map((block) => block.split('```')[0] ?? '')
    .find((block) => block.includes('express()'));
  // Inside this package, so that what it imports resolves.
  const file = new URL(`.readme-${process.pid}.ts`, import.meta.url);
  writeFileSync(file, (code ?? '').replace("'./registry'", JSON.stringify(folder)));
  onTestFinished(() => {
    rmSync(file);
  });
  const { app, models, runner } = (await import(/* @vite-ignore */ file.href)) as {
    readonly app: RequestListener;
    readonly models: ModelServer;
    readonly runner: RolloutRunner;
  };
  const server = createServer(app).listen(0, '127.0.0.1');
  onTestFinished(async () => {
    server.close();
    server.closeAllConnections();
    await runner.close();
    await models.close();
  });
  await until(() => models.versionsOf('digits').length === 2);

  const log = new RolloutLog({ objects: store, model: 'digits' });
  const step = { share: 0.5, minMinutes: 0, minRequests: 20 };
  const guardrails = { failures: { tolerated: 0.2 } };
  await log.start(readPlan({ baseline: '1', candidate: '2', steps: [step], guardrails }), {
    ...by,
    reason: 'a test',
  });
  await runner.poll();
  const { port } = server.address() as AddressInfo;
  const versions = new Map<string, number>();
  for (let user = 0; user < 200; user += 1) {
    const headers = { 'x-user-id': `user-${user}` };
    const response = await httpCall({ port }, '/v2/models/digits/infer', { body, headers });
    const version = String(response.headers['fairlead-version']);
    versions.set(version, (versions.get(version) ?? 0) + 1);
  }
  expect(versions.get('1')).toBeGreaterThan(60);
  expect(versions.get('2')).toBeGreaterThan(60);
  await runner.flush();
  await runner.judge();
  expect(await log.latest()).toMatchObject({ result: 'promoted' });
  expect((await registry.resolve('digits', 'champion')).version).toBe(2);
});
