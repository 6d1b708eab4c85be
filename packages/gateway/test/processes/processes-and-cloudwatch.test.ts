import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CloudWatchClient,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
} from '@aws-sdk/client-cloudwatch';
import {
  awsTestConnection,
  httpCall,
  startMoto,
  temporaryFolder,
  until,
} from '@fairlead/test-support';
import { expect, onTestFinished, test } from 'vitest';
import { awsEnvironment } from '../support/aws-environment.ts';
import { gatewayCommand } from '../support/gateway-command.ts';
import { startGatewayProcess } from '../support/gateway-process.ts';
import { processLines, readyProcesses } from '../support/process-lines.ts';
import { onnxVersion, sampleRegistry } from '../support/sample-registry.ts';

const affine = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] };
const FLUSH_AFTER_MS = 15_000;
/** Longer than the time between two forwarded batches. */
const FORWARDED_MS = 1500;

/** Moto, and the number of the calls that were passed to it. */
async function startCountedMoto() {
  const moto = await startMoto();
  const client = new CloudWatchClient({ ...awsTestConnection, endpoint: moto.endpoint });
  // Its first answer takes long.
  await client.send(new ListMetricsCommand());
  let calls = 0;
  const proxy = createServer((req, res) => {
    calls += 1;
    const { method, headers, url: path } = req;
    const passed = request(
      { port: moto.port, host: '127.0.0.1', method, headers, path },
      (answer) => {
        res.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(res);
      },
    );
    req.pipe(passed);
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  onTestFinished(async () => {
    proxy.close();
    client.destroy();
    await moto.stop();
  });
  const { port } = proxy.address() as AddressInfo;
  return { client, endpoint: `http://127.0.0.1:${port}`, calls: () => calls };
}

test('two processes make one call of PutMetricData in an interval, with the values of both and of a killed one', async () => {
  const { client, endpoint, calls } = await startCountedMoto();
  const registry = temporaryFolder();
  await sampleRegistry(registry, onnxVersion('affine', 'affine'));
  const socketPath = join(temporaryFolder(), 'gateway.sock');
  // The moment of the minute at which values are sent is random.
  const phase = ((Date.now() + FLUSH_AFTER_MS) % 60_000) / 60_000;
  const [node, ...args] = gatewayCommand;
  const gateway = startGatewayProcess(
    {
      ...awsEnvironment(endpoint),
      FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
      FAIRLEAD_REGISTRY: registry,
      FAIRLEAD_LISTEN: `unix:${socketPath}`,
      FAIRLEAD_PROCESSES: '2',
      FAIRLEAD_CLOUDWATCH_NAMESPACE: 'Fairlead/Processes',
    },
    [node, `--import=data:text/javascript,Math.random=()=>${phase}`, ...args],
  );
  await until(() => readyProcesses(gateway).size === 2);
  const infer = async (times: number): Promise<void> => {
    for (let sent = 0; sent < times; sent += 1) {
      const { status } = await httpCall({ socketPath }, '/v2/models/affine/infer', {
        body: affine,
      });
      expect(status).toBe(200);
    }
  };
  await infer(20);
  await sleep(FORWARDED_MS);
  const [killed = 0] = readyProcesses(gateway).values();
  process.kill(killed, 'SIGKILL');
  await until(() => processLines(gateway).some(({ msg }) => msg === 'process-ended'));
  await infer(13);
  await until(() => readyProcesses(gateway).size === 2);
  await until(() => calls() > 0);
  expect(calls()).toBe(1);
  await infer(4);
  gateway.signal('SIGTERM');
  expect(await gateway.ended).toBe(0);
  expect(calls()).toBe(2);

  const statisticsOf = async (name: string) => {
    const { Datapoints = [] } = await client.send(
      new GetMetricStatisticsCommand({
        Namespace: 'Fairlead/Processes',
        MetricName: name,
        Dimensions: [
          { Name: 'service', Value: 'fairlead-gateway' },
          { Name: 'model', Value: 'affine' },
        ],
        StartTime: new Date(Date.now() - 3_600_000),
        EndTime: new Date(Date.now() + 3_600_000),
        Period: 7200,
        Statistics: ['Sum', 'SampleCount', 'Minimum', 'Maximum'],
      }),
    );
    return Datapoints[0];
  };
  const one = { Minimum: 1, Maximum: 1 };
  expect(await statisticsOf('RequestCount')).toMatchObject({ Sum: 37, SampleCount: 37, ...one });
  expect(await statisticsOf('BatchSize')).toMatchObject({ Sum: 37, SampleCount: 37, ...one });
  expect(await statisticsOf('Failures')).toMatchObject({ Sum: 0, SampleCount: 37, Maximum: 0 });
  expect(await statisticsOf('Latency')).toMatchObject({ SampleCount: 37 });
});
