import { join } from 'node:path';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { ModelRegistry, openStore } from '@fairlead/registry';
import { awsTestConnection, newBucket, temporaryFolder, until } from '@fairlead/test-support';
import { expect, onTestFinished, test, vi } from 'vitest';
import { setEnvironment } from './support/set-environment.ts';
import { startMotoLink } from './support/moto-link.ts';
import { onnxVersion } from './support/sample-registry.ts';
import { startGateway, type StartedGateway } from './support/start-gateway.ts';

const by = { actor: 'test' };
const affine = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] };

/** Result of the model, or the body of another response. */
async function infer({ call }: StartedGateway): Promise<unknown> {
  const { status, body } = await call('/v2/models/affine/infer', { body: affine });
  return status === 200
    ? (JSON.parse(body) as { outputs: { data: number[] }[] }).outputs[0]?.data
    : body;
}

async function readiness({ call }: StartedGateway) {
  const { status, body } = await call('/v2/models/affine/ready');
  return { status, ...(JSON.parse(body) as { reason?: string }) };
}

async function stalenessSeconds({ call }: StartedGateway): Promise<number> {
  const { body } = await call('/metrics');
  const line = /^fairlead_registry_staleness_seconds\{model="affine"\} (\S+)$/m.exec(body);
  return Number(line?.[1]);
}

test('a gateway follows a registry in S3, works while S3 is unreachable, restarts from its cache, reports the staleness, and stores its records afterwards', async () => {
  const { link, client } = await startMotoLink();
  const location = `s3://${await newBucket(client)}/prod`;
  const captures = `${location}-captures`;
  const registry = new ModelRegistry({ store: await openStore(location) });
  await registry.push(onnxVersion('affine', 'affine'));
  await registry.push(onnxVersion('affine', 'affine-next'));
  await registry.setAlias('affine', 'champion', 1, by);
  const variables = {
    FAIRLEAD_REGISTRY: location,
    FAIRLEAD_REGISTRY_CACHE: join(temporaryFolder(), 'cache'),
    FAIRLEAD_POLL_INTERVAL_MS: '100',
    FAIRLEAD_STATE_FOLDER: temporaryFolder(),
    FAIRLEAD_CAPTURE_LOCATION: captures,
    FAIRLEAD_CAPTURE_SHARE: '1',
  };

  const first = await startGateway(variables);
  expect(await first.logged('models loaded')).toMatchObject({ models: ['affine'], ready: true });
  expect(await infer(first)).toEqual([3, 5]);
  await registry.setAlias('affine', 'champion', 2, by);
  await until(async () => ((await infer(first)) as number[])[0] === 103);
  expect((await readiness(first)).reason).toBeUndefined();

  link.cut();
  await until(async () => (await stalenessSeconds(first)) > 1);
  expect(await infer(first)).toEqual([103, 105]);
  expect(await first.gateway.close()).toBe(true);

  const second = await startGateway(variables);
  expect(await second.logged('models loaded')).toMatchObject({ models: ['affine'], ready: true });
  expect(await infer(second)).toEqual([103, 105]);
  const elapsed = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => elapsed() + 60_000);
  expect(await readiness(second)).toMatchObject({
    status: 200,
    ready: true,
    reason: expect.stringMatching(/^the registry has not answered for 6\d s/) as unknown,
  });
  expect(await stalenessSeconds(second)).toBeGreaterThan(60);

  link.mend();
  await registry.rollback('affine', 'champion', by);
  await until(async () => ((await infer(second)) as number[])[0] === 3);
  expect((await readiness(second)).reason).toBeUndefined();
  expect(await stalenessSeconds(second)).toBeLessThan(15);

  vi.restoreAllMocks();
  await second.gateway.close();
  await startGateway(variables);
  const stored = async (folder: string, suffix: string): Promise<number> => {
    const { Bucket, Prefix } = { Bucket: location.split('/')[2], Prefix: `prod${folder}` };
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix }));
    return Contents.filter(({ Key = '' }) => Key.endsWith(suffix)).length;
  };
  // Of both versions: the first gateway ended while S3 was unreachable.
  await until(async () => (await stored('/windows/affine/1/', '.json')) > 0);
  await until(async () => (await stored('/windows/affine/2/', '.json')) > 0);
  await until(
    async () => (await stored('-captures/captures/model=affine/version=2/', '.parquet')) > 0,
  );
});

test('a gateway without cache names the missing credentials and the fix', async () => {
  setEnvironment({
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_REGION: awsTestConnection.region,
    AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
    AWS_CONFIG_FILE: '/nonexistent',
  });
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE']) {
    vi.stubEnv(name, undefined);
  }
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  await expect(startGateway({ FAIRLEAD_REGISTRY: 's3://models/prod' })).rejects.toThrow(
    'no credentials were found; give the host an IAM role',
  );
});

test.each([
  ['FAIRLEAD_REGISTRY', 's3://UPPER/prod'],
  ['FAIRLEAD_REGISTRY', 'gs://models'],
  ['FAIRLEAD_REGISTRY_CACHE', '/dev/null/cache'],
])('%s=%s is rejected at the start', async (variable, value) => {
  const starting = startGateway({ FAIRLEAD_REGISTRY: temporaryFolder(), [variable]: value });
  await expect(starting).rejects.toThrow(`${variable} can't be used`);
});
