import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { freePort, httpCall, temporaryFolder, until } from '@fairlead/test-support';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { awsEnvironment } from './support/aws-environment.ts';
import { setEnvironment } from './support/set-environment.ts';
import { gatewayCommand, processEnvironment } from './support/gateway-command.ts';
import { startGatewayProcess } from './support/gateway-process.ts';
import { pepper } from './support/keys-file.ts';
import { onnxVersion, sampleRegistry } from './support/sample-registry.ts';
import { sendSlow, slowBody } from './support/slow-requests.ts';
import { startGateway } from './support/start-gateway.ts';

const open = { FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1' };
const affine = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] };

/** A registry with the models `affine` and `slow`, and an address for the gateway. */
async function folders() {
  const registry = temporaryFolder();
  await sampleRegistry(registry, onnxVersion('affine', 'affine'), onnxVersion('slow', 'slow'));
  const socketPath = join(temporaryFolder(), 'gateway.sock');
  const environment = {
    ...open,
    FAIRLEAD_REGISTRY: registry,
    FAIRLEAD_LISTEN: `unix:${socketPath}`,
  };
  return { socketPath, environment };
}

describe('stopping', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'at %s requests in flight are answered, and the process ends with 0',
    async (signal) => {
      const { socketPath, environment } = await folders();
      const gateway = startGatewayProcess(environment);
      expect(await gateway.logged('models loaded')).toMatchObject({ ready: true });
      const { answers } = await sendSlow({ socketPath }, (times) =>
        httpCall({ socketPath }, '/v2/models/slow/infer', { body: slowBody(times) }),
      );
      gateway.signal(signal);
      const [answer] = await answers;
      expect([answer?.status, answer?.body]).toEqual([200, expect.stringContaining('"outputs"')]);
      expect(await gateway.ended).toBe(0);
      expect(gateway.output()).toContain('"clean":true,"msg":"stopped"');
      await expect(httpCall({ socketPath }, '/')).rejects.toThrow('ENOENT');
    },
  );

  test('a request that outlasts the grace period is cut off, and the process is killed if it still computes', async () => {
    const { socketPath, environment } = await folders();
    const gateway = startGatewayProcess({ ...environment, FAIRLEAD_SHUTDOWN_GRACE_MS: '1' });
    await gateway.logged('models loaded');
    const { answers } = await sendSlow({ socketPath }, () =>
      httpCall({ socketPath }, '/v2/models/slow/infer', { body: slowBody(1_000_000) }),
    );
    const cutOff = expect(answers).rejects.toThrow(/socket hang up|ECONNRESET/);
    gateway.signal('SIGTERM');
    await cutOff;
    expect(await gateway.ended).toBe('SIGKILL');
    expect(gateway.output()).toContain('"clean":false,"msg":"stopped"');
  });

  test('after SIGTERM it is not ready but answers, for FAIRLEAD_NOT_READY_MS before the listener closes', async () => {
    const { socketPath, environment } = await folders();
    const gateway = startGatewayProcess({ ...environment, FAIRLEAD_NOT_READY_MS: '600000' });
    await gateway.logged('models loaded');
    expect((await httpCall({ socketPath }, '/v2/health/ready')).status).toBe(200);
    gateway.signal('SIGTERM');
    await until(async () => {
      const { status } = await httpCall({ socketPath }, '/v2/health/ready');
      return status === 503 ? true : undefined;
    });
    const answer = await httpCall({ socketPath }, '/v2/models/affine/infer', { body: affine });
    expect(answer.status).toBe(200);
    expect((await httpCall({ socketPath }, '/v2/health/live')).status).toBe(200);
  });

  test('it stops while a model still loads', async () => {
    const { socketPath, environment } = await folders();
    // Accepts connections, and never answers: the warm-up of its model lasts a minute.
    const silent = createTcpServer((socket) => socket.on('error', () => socket.destroy()));
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    onTestFinished(() => {
      silent.close();
    });
    const { signature } = onnxVersion('far', 'affine');
    await sampleRegistry(environment.FAIRLEAD_REGISTRY, {
      model: 'far',
      runtime: { name: 'upstream', options: { upstream: 'flask' } },
      signature,
      files: {},
      actor: 'test',
    });
    const gateway = startGatewayProcess({
      ...environment,
      FAIRLEAD_FLASK_ADDRESS: `127.0.0.1:${(silent.address() as AddressInfo).port}`,
    });
    await once(silent, 'connection');
    expect((await httpCall({ socketPath }, '/v2/health/ready')).status).toBe(503);
    gateway.signal('SIGTERM');
    expect(await gateway.ended).toBe(0);
    expect(gateway.output()).not.toContain('models loaded');
  });
});

describe('starting', () => {
  test('listens on a socket that systemd passes', async () => {
    const { environment } = await folders();
    const port = await freePort();
    const passed = { ...environment, FAIRLEAD_LISTEN: 'fd:3', ...processEnvironment };
    const gateway = startGatewayProcess(passed, [
      'systemd-socket-activate',
      `--listen=127.0.0.1:${port}`,
      ...Object.keys(passed).map((name) => `--setenv=${name}`),
      ...gatewayCommand,
    ]);
    // The first connection starts it, and waits in the socket until it listens.
    const { status } = await until(() => httpCall({ port }, '/v2/health/live'));
    expect(status).toBe(200);
    await gateway.logged('models loaded');
    const answer = await httpCall({ port }, '/v2/models/affine/infer', { body: affine });
    expect(JSON.parse(answer.body)).toMatchObject({ outputs: [{ data: [3, 5] }] });
    gateway.signal('SIGTERM');
    expect(await gateway.ended).toBe(0);
  });

  test('invalid settings end it with 1 before it listens; each is named, and no secret is shown', async () => {
    const gateway = startGatewayProcess({
      FAIRLEAD_LISTEN: '127.0.0.1:99999',
      FAIRLEAD_KEYS_FILE: '/nowhere',
      FAIRLEAD_PEPPER: 'PLANTED',
      FAIRLEAD_PORT: '8080',
    });
    expect(await gateway.ended).toBe(1);
    expect(gateway.output()).toBe(
      `${[
        "The settings can't be used:",
        '  FAIRLEAD_PORT is not a setting of the gateway but of npm start; use FAIRLEAD_LISTEN=127.0.0.1:<port>',
        '  FAIRLEAD_LISTEN: "127.0.0.1:99999" must be host:port, unix:/path (at most 107 bytes) or fd:number',
        '  FAIRLEAD_PEPPER: its value must have at least 32 bytes; make one with: openssl rand -base64 32',
      ].join('\n')}\n`,
    );
  });

  test('a setting that fails later is named too, without a stack', async () => {
    const gateway = startGatewayProcess({
      FAIRLEAD_KEYS_FILE: '/nowhere/keys.json',
      FAIRLEAD_PEPPER: pepper,
    });
    expect(await gateway.ended).toBe(1);
    expect(gateway.output()).toMatch(/^FAIRLEAD_KEYS_FILE can't be used: ENOENT[^\n]*\n$/);
  });
});

test('with a namespace it publishes to CloudWatch, at the latest when it stops', async () => {
  const requests: { readonly target: string; readonly body: string }[] = [];
  const cloudWatch = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const body = Buffer.concat(chunks);
      const plain = req.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
      requests.push({ target: String(req.headers['x-amz-target']), body: plain.toString() });
      res.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{}');
    });
  });
  cloudWatch.listen(0, '127.0.0.1');
  await once(cloudWatch, 'listening');
  onTestFinished(async () => {
    cloudWatch.close();
    cloudWatch.closeAllConnections();
    await once(cloudWatch, 'close');
  });

  setEnvironment(awsEnvironment(`http://127.0.0.1:${(cloudWatch.address() as AddressInfo).port}`));
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const { environment } = await folders();
  const { gateway, call } = await startGateway({
    FAIRLEAD_REGISTRY: environment.FAIRLEAD_REGISTRY,
    FAIRLEAD_CLOUDWATCH_NAMESPACE: 'FairleadTest',
  });
  for (let count = 0; count < 5; count++) {
    const { status } = await call('/v2/models/affine/infer', { body: affine });
    expect(status).toBe(200);
  }
  expect(await gateway.close()).toBe(true);

  expect(requests.length).toBeGreaterThan(0);
  const data = requests.flatMap(({ target, body }) => {
    expect(target).toBe('GraniteServiceVersion20100801.PutMetricData');
    const { Namespace, MetricData } = JSON.parse(body) as {
      readonly Namespace: string;
      readonly MetricData: readonly {
        readonly MetricName: string;
        readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
        readonly Counts?: readonly number[];
      }[];
    };
    expect(Namespace).toBe('FairleadTest');
    return MetricData;
  });
  const names = data.map(({ MetricName }) => MetricName);
  expect(names).toEqual(
    expect.arrayContaining(['RolloutsActive', 'RolloutsHeld', 'RolloutHardFailures']),
  );
  // A flush may come between the requests: its share and the last one's add up.
  const counts = new Map<string, number>();
  for (const { MetricName, Dimensions = [], Counts = [] } of data) {
    if (!Dimensions.some(({ Value }) => Value === 'affine')) continue;
    const sum = Counts.reduce((total, one) => total + one, 0);
    counts.set(MetricName, (counts.get(MetricName) ?? 0) + sum);
  }
  expect(Object.fromEntries(counts)).toMatchObject({ RequestCount: 5, Latency: 5, BatchSize: 5 });
});
