import { Agent } from 'node:http';
import { join } from 'node:path';
import { ModelRegistry, openStore } from '@fairlead/registry';
import {
  httpCall,
  newBucket,
  s3Client,
  slowness,
  startMoto,
  SteadyLoad,
  temporaryFolder,
  until,
  type HttpAddress,
} from '@fairlead/test-support';
import { expect, onTestFinished, test, vi } from 'vitest';
import { awsEnvironment, setEnvironment } from './support/aws-environment.ts';
import { startGatewayProcess } from './support/gateway-process.ts';
import { onnxVersion } from './support/sample-registry.ts';
import { startGateway } from './support/start-gateway.ts';

const GATEWAYS = 3;
const PER_SECOND = 100;
/** Time for a rollback to reach every gateway; each polls the registry every 2 s by default. */
const CONVERGED_MS = 15_000;
const POLL_INTERVAL_MS = '2000';

const by = { actor: 'test' };
const body = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] };
/** Result of each version for it. */
const results: Readonly<Record<string, string>> = { 1: '[3,5]', 2: '[103,105]' };

/** Location of an empty registry, and how to start a gateway on it. */
interface Fleet {
  readonly location: string;
  readonly start: () => Promise<HttpAddress>;
}

/** Gateways in this process. */
function inFolder(): Promise<Fleet> {
  const location = temporaryFolder();
  return Promise.resolve({
    location,
    async start() {
      const { address, logged } = await startGateway({
        FAIRLEAD_REGISTRY: location,
        FAIRLEAD_POLL_INTERVAL_MS: POLL_INTERVAL_MS,
      });
      expect(await logged('models loaded')).toMatchObject({ ready: true });
      return address;
    },
  });
}

/** Gateways in separate processes. */
async function inS3(): Promise<Fleet> {
  const moto = await startMoto();
  const environment = awsEnvironment(moto.endpoint);
  setEnvironment(environment);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await moto.stop();
  });
  const client = s3Client(moto.endpoint);
  const location = `s3://${await newBucket(client)}/prod`;
  client.destroy();
  return {
    location,
    async start() {
      const socketPath = join(temporaryFolder(), 'gateway.sock');
      const gateway = startGatewayProcess({
        ...environment,
        FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
        FAIRLEAD_REGISTRY: location,
        FAIRLEAD_LISTEN: `unix:${socketPath}`,
      });
      expect(await gateway.logged('models loaded')).toMatchObject({ ready: true });
      return { socketPath };
    },
  };
}

/** Sends inference requests to a gateway, and notes the time of each response. */
function startLoad(address: HttpAddress) {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  onTestFinished(() => {
    agent.destroy();
  });
  return new SteadyLoad(PER_SECOND, async () => {
    const response = await httpCall(address, '/v2/models/affine/infer', { body, agent });
    const version = String(response.headers['fairlead-version']);
    return { status: response.status, body: response.body, version, at: performance.now() };
  });
}

test.for<readonly [string, () => Promise<Fleet>]>([
  ['a folder', inFolder],
  ['S3', inS3],
])(
  'a rollback in $0 reaches three gateways under load, and no request fails',
  async ([, openFleet], { annotate }) => {
    const { location, start } = await openFleet();
    const registry = new ModelRegistry({ store: await openStore(location) });
    await registry.push(onnxVersion('affine', 'affine'));
    await registry.push(onnxVersion('affine', 'affine-next'));
    for (const version of [1, 2]) await registry.setAlias('affine', 'champion', version, by);
    const gateways = await Promise.all(Array.from({ length: GATEWAYS }, start));
    const loads = gateways.map(startLoad);
    // A second of load on each version.
    const answered = (version: string): Promise<unknown> =>
      until(() =>
        loads.every(
          ({ responses }) =>
            responses.filter((response) => response.version === version).length > PER_SECOND,
        ),
      );
    await answered('2');
    const rolledBack = await registry.rollback('affine', 'champion', by);
    expect(rolledBack.version).toBe(1);
    const rolledBackAt = performance.now();
    await answered('1');

    for (const [index, load] of loads.entries()) {
      const seconds = await load.stop();
      const { responses, failures, sent } = load;
      expect(failures).toEqual([]);
      expect(responses).toHaveLength(sent);
      // Each response has the result of the version that it names.
      const wrong = responses.filter(
        ({ status, version, body: text }) =>
          status !== 200 || !text.includes(results[version] ?? 'unknown version'),
      );
      expect(wrong).toEqual([]);
      const lastOld = responses.findLast(({ version }) => version === '2')?.at ?? Infinity;
      const convergedMs = lastOld - rolledBackAt;
      expect(convergedMs).toBeLessThan(CONVERGED_MS * slowness());
      await annotate(
        `gateway ${index + 1}: the last response of version 2 came ${convergedMs.toFixed(0)} ms after the rollback; ` +
          `${sent} requests in ${seconds.toFixed(1)} s, none failed`,
      );
    }
  },
);
