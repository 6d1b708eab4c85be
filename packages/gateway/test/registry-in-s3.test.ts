import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { ModelRegistry, openStore } from '@fairlead/registry';
import { expect, onTestFinished, test, vi } from 'vitest';
import { ask } from './support/ask.ts';
import { eventually } from './support/eventually.ts';
import { startGatewayProcess } from './support/gateway-process.ts';
import { startMoto } from './support/moto-server.ts';
import { onnxModel } from './support/sample-registry.ts';
import { TcpLink } from './support/tcp-link.ts';
import { tempFolder } from './support/temp-folder.ts';

vi.setConfig({ testTimeout: 180_000 });

const by = { actor: 'test' };
const affine = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] };

test('a gateway follows a registry in S3, outlives it, starts without it, and says how stale it is', async () => {
  const moto = await startMoto();
  const link = await TcpLink.to(moto.port);
  const aws = {
    AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${link.port}`,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
  for (const [name, value] of Object.entries(aws)) vi.stubEnv(name, value);
  const client = new S3Client();
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    client.destroy();
    link.close();
    await moto.stop();
  });
  await client.send(new CreateBucketCommand({ Bucket: 'models' }));
  const registry = new ModelRegistry({ store: await openStore('s3://models/prod') });
  await registry.push(onnxModel('affine', 'affine'));
  await registry.push(onnxModel('affine', 'affine-next'));
  await registry.setAlias('affine', 'champion', 1, by);

  const socketPath = join(tempFolder(), 'gateway.sock');
  const environment = {
    ...aws,
    FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
    FAIRLEAD_REGISTRY: 's3://models/prod',
    FAIRLEAD_REGISTRY_CACHE: join(tempFolder(), 'cache'),
    FAIRLEAD_POLL_INTERVAL_MS: '200',
    FAIRLEAD_LISTEN: `unix:${socketPath}`,
  };
  const answer = async (): Promise<unknown> => {
    const { status, body } = await ask({ socketPath }, '/v2/models/affine/infer', { body: affine });
    return status === 200
      ? (JSON.parse(body) as { outputs: { data: number[] }[] }).outputs[0]?.data
      : body;
  };
  const readiness = async () => {
    const { status, body } = await ask({ socketPath }, '/v2/models/affine/ready');
    return { status, ...(JSON.parse(body) as { reason?: string }) };
  };
  const stalenessSeconds = async (): Promise<number> => {
    const { body } = await ask({ socketPath }, '/metrics');
    const line = /^fairlead_registry_staleness_seconds\{model="affine"\} (\S+)$/m.exec(body);
    return Number(line?.[1]);
  };

  const first = startGatewayProcess(environment);
  expect(await first.logged('models loaded')).toMatchObject({ models: ['affine'], ready: true });
  expect(await answer()).toEqual([3, 5]);
  await registry.setAlias('affine', 'champion', 2, by);
  await eventually(async () => ((await answer()) as number[])[0] === 103 || undefined);
  expect((await readiness()).reason).toBeUndefined();

  link.cut();
  // The store is away: it goes on with what it has loaded, and says so.
  await eventually(async () => ((await stalenessSeconds()) > 1 ? true : undefined));
  expect(await answer()).toEqual([103, 105]);
  first.signal('SIGTERM');
  expect(await first.ended).toBe(0);

  // The same host starts again, with nothing but its cache.
  const second = startGatewayProcess(environment);
  expect(await second.logged('models loaded')).toMatchObject({ models: ['affine'], ready: true });
  expect(await answer()).toEqual([103, 105]);
  const stale = await vi.waitFor(
    async () => {
      const told = await readiness();
      expect(told.reason).toBeDefined();
      return told;
    },
    { timeout: 90_000, interval: 100 },
  );
  expect(stale).toMatchObject({
    status: 200,
    ready: true,
    reason: expect.stringMatching(/^the registry has not answered for \d+ s/) as unknown,
  });
  expect(await stalenessSeconds()).toBeGreaterThan(10);

  link.mend();
  await registry.rollback('affine', 'champion', by);
  await eventually(async () => ((await answer()) as number[])[0] === 3 || undefined);
  expect((await readiness()).reason).toBeUndefined();
  expect(await stalenessSeconds()).toBeLessThan(10);
  second.signal('SIGTERM');
  expect(await second.ended).toBe(0);
});

test('a gateway without cache says what hinders it when S3 refuses', async () => {
  const socketPath = join(tempFolder(), 'gateway.sock');
  const gateway = startGatewayProcess({
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_REGION: 'us-east-1',
    AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
    AWS_CONFIG_FILE: '/nonexistent',
    FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
    FAIRLEAD_REGISTRY: 's3://models/prod',
    FAIRLEAD_LISTEN: `unix:${socketPath}`,
  });
  expect(await gateway.ended).toBe(1);
  expect(gateway.output()).toContain('no credentials were found; give the host an IAM role');
});

test.each([
  ['FAIRLEAD_REGISTRY', 's3://UPPER/prod'],
  ['FAIRLEAD_REGISTRY', 'gs://models'],
  ['FAIRLEAD_REGISTRY_CACHE', '/dev/null/cache'],
])('%s=%s is refused at the start', async (variable, value) => {
  const gateway = startGatewayProcess({
    FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
    FAIRLEAD_REGISTRY: tempFolder(),
    FAIRLEAD_LISTEN: '127.0.0.1:0',
    [variable]: value,
  });
  expect(await gateway.ended).toBe(1);
  expect(gateway.output()).toContain(`${variable} can't be used`);
});
