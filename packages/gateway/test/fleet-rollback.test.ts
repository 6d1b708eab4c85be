import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { ModelRegistry, openStore } from '@fairlead/registry';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startGatewayProcess } from './support/gateway-process.ts';
import { startMoto } from './support/moto-server.ts';
import { onnxModel } from './support/sample-registry.ts';
import { SteadyLoad } from './support/steady-load.ts';
import { tempFolder } from './support/temp-folder.ts';

vi.setConfig({ testTimeout: 180_000 });

const GATEWAYS = 3;
const PER_SECOND = 100;
/** Within that a rollback has reached every gateway, which look at the registry every 2 s or so. */
const CONVERGED_MS = 15_000;

const by = { actor: 'test' };
const body = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] };
/** What each version answers to it. */
const right: Readonly<Record<string, string>> = { 1: '[3,5]', 2: '[103,105]' };

/** An empty registry, and the environment in which a gateway finds it. */
type Place = () => Promise<{
  readonly location: string;
  readonly environment: Readonly<Record<string, string>>;
}>;

const inFolder: Place = () => Promise.resolve({ location: tempFolder(), environment: {} });

const inS3: Place = async () => {
  const moto = await startMoto();
  const environment = {
    AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${moto.port}`,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await moto.stop();
  });
  const client = new S3Client();
  await client.send(new CreateBucketCommand({ Bucket: 'models' }));
  client.destroy();
  return { location: 's3://models/prod', environment };
};

test.for<readonly [string, Place]>([
  ['a folder', inFolder],
  ['S3', inS3],
])(
  'a rollback in $0 reaches three gateways under load, and no request fails',
  async ([, place], { annotate }) => {
    const { location, environment } = await place();
    const registry = new ModelRegistry({ store: await openStore(location) });
    await registry.push(onnxModel('affine', 'affine'));
    await registry.push(onnxModel('affine', 'affine-next'));
    for (const version of [1, 2]) await registry.setAlias('affine', 'champion', version, by);

    const gateways = Array.from({ length: GATEWAYS }, () => {
      const socketPath = join(tempFolder(), 'gateway.sock');
      const gateway = startGatewayProcess({
        ...environment,
        FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
        FAIRLEAD_REGISTRY: location,
        FAIRLEAD_LISTEN: `unix:${socketPath}`,
      });
      return { gateway, socketPath };
    });
    for (const { gateway } of gateways) {
      expect(await gateway.logged('models loaded')).toMatchObject({ ready: true });
    }

    const path = '/v2/models/affine/infer';
    const loads = gateways.map(
      ({ socketPath }) => new SteadyLoad(socketPath, path, body, PER_SECOND),
    );
    // A second of load on the version that is to be taken back, and another one on that before.
    const answered = (version: string) =>
      vi.waitFor(
        () => {
          for (const { answers } of loads) {
            const those = answers.filter((answer) => answer.version === version);
            expect(those.length).toBeGreaterThan(PER_SECOND);
          }
        },
        { timeout: 60_000, interval: 50 },
      );
    await answered('2');
    const rolledBack = await registry.rollback('affine', 'champion', by);
    expect(rolledBack.version).toBe(1);
    const rolledBackAt = performance.now();
    await answered('1');

    const ends = await Promise.all(loads.map((load) => load.stop()));
    for (const [index, load] of loads.entries()) {
      const { sent = 0, seconds = Infinity } = ends[index] ?? {};
      expect(load.answers).toHaveLength(sent);
      expect(sent).toBeGreaterThanOrEqual(seconds * PER_SECOND);
      // Each answer is right for the version that it names: none fails, and none is between the two.
      const wrong = load.answers.filter(
        ({ status, version = '', body: text }) =>
          status !== 200 || !text.includes(right[version] ?? 'neither'),
      );
      expect(wrong).toEqual([]);
      const lastOld = load.answers.findLast(({ version }) => version === '2')?.at ?? Infinity;
      const convergedMs = lastOld - rolledBackAt;
      expect(convergedMs).toBeLessThan(CONVERGED_MS);
      await annotate(
        `gateway ${index + 1}: the last answer of version 2 came ${convergedMs.toFixed(0)} ms after the rollback; ` +
          `${sent} requests in ${seconds.toFixed(1)} s, none failed`,
      );
    }
  },
);
