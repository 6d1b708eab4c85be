import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { type MotoServer, startMoto } from '@fairlead/test-support';
import { placeWithRegistry, run, runJson, runProcess } from './support/fairlead.ts';
import { affine, affineNext } from './support/models.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

let moto: MotoServer;
beforeAll(async () => {
  moto = await startMoto();
});
afterAll(() => moto.stop());

async function placeWithBucket() {
  const endpoint = `http://127.0.0.1:${moto.port}`;
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: 'models' }));
  client.destroy();
  const env = { FAIRLEAD_REGISTRY: 's3://models/prod', FAIRLEAD_ACTOR: 'ada' };
  const aws = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_S3_FORCE_PATH_STYLE: 'true',
  };
  // The AWS SDK reads the environment of the process.
  for (const [name, value] of Object.entries(aws)) vi.stubEnv(name, value);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  return { folder: temporaryFolder(), env: { ...env, ...aws } };
}

test('a registry in S3 behaves like one in a folder, and is exported into one', async () => {
  const place = await placeWithBucket();
  const model = (...args: readonly string[]) => runJson(place, 'model', ...args);
  expect(await runJson(place, 'registry', 'init')).toMatchObject({ created: false });
  expect(await model('push', 'affine', affine, '--dry-run')).toMatchObject({ created: true });
  // Also in a process: open connections of the S3 client don't prevent its end.
  const listed = await runProcess(place, 'model', 'list', '--json');
  expect(listed).toMatchObject({ exitCode: 0, stderr: '' });
  expect(JSON.parse(listed.stdout)).toEqual({ registry: 's3://models/prod', models: [] });
  await model('push', 'affine', affine);
  await model('push', 'affine', affineNext, '--skip-validation');
  await model('promote', 'affine', '1');
  await model('promote', 'affine', '2', '--expect', '1');
  expect((await run(place, 'model', 'promote', 'affine', '1', '--expect', '1')).exitCode).toBe(3);
  expect(await model('rollback', 'affine')).toMatchObject({ entry: { version: 1 } });
  expect(await model('verify')).toMatchObject({ ok: true, manifests: 2, aliasEntries: 3 });
  expect(await runJson(place, 'registry', 'drill')).toMatchObject({ ok: true });
  expect((await run(place, 'model', 'export', './copy')).exitCode).toBe(0);
  const copied = await runJson(place, 'model', 'list', '--registry', './copy');
  expect(copied).toMatchObject({ models: [{ model: 'affine', aliases: { champion: 1 } }] });
  const missing = await run(place, 'model', 'list', '--registry', 's3://nowhere/prod');
  expect(missing.exitCode).toBe(4);
  expect(missing.stderr).toContain('nowhere');
});

test('events of a registry are forwarded to a webhook', async () => {
  const secret = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;
  const place = placeWithRegistry({ FAIRLEAD_WEBHOOK_SECRET: secret });
  await runJson(place, 'model', 'push', 'affine', affine, '--skip-validation');
  const received: unknown[] = [];
  let answer = 503;
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      if (answer === 200) received.push(JSON.parse(body));
      response.writeHead(answer).end();
    });
  }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
  });
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  const forward = ['registry', 'forward', url, '--cursor', 'cursor.json', '--once', '--from-start'];
  const refused = await run(place, ...forward);
  expect(refused.exitCode).toBe(1);
  answer = 200;
  expect(await run(place, ...forward)).toMatchObject({ exitCode: 0, stderr: '' });
  expect(received).toMatchObject([
    { type: 'version.pushed', data: { model: 'affine', version: 1 } },
  ]);
  expect((await run(place, ...forward)).exitCode).toBe(0);
  expect(received).toHaveLength(1);
  const unsigned = await run(
    { ...place, env: { ...place.env, FAIRLEAD_WEBHOOK_SECRET: '' } },
    ...forward,
  );
  expect(unsigned).toMatchObject({ exitCode: 2 });
});
