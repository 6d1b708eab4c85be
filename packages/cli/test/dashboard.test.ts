import { expect, test } from 'vitest';
import { cloudWatchAgent } from './support/cloudwatch-agent.ts';
import { run } from './support/fairlead.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const alarms = (...args: string[]) =>
  run(
    { folder: temporaryFolder() },
    'dashboard',
    'alarms',
    '--namespace',
    'Fairlead',
    '--model',
    'digits',
    ...args,
  );

interface Alarm {
  readonly AlarmName: string;
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Threshold: number;
}

test('every metric of hosts is one that a rendered CloudWatch agent collects', async () => {
  const { stdout } = await alarms('--instance', 'i-1');
  const ofHosts = (JSON.parse(stdout) as Alarm[]).filter(
    ({ Namespace }) => Namespace !== 'Fairlead',
  );
  const dashboard = await run(
    { folder: temporaryFolder() },
    ...['dashboard', 'cloudwatch', '--namespace', 'Fairlead', '--region', 'eu-central-1'],
    ...['--host-namespace', ofHosts[0]?.Namespace ?? ''],
  );
  const searched = [...dashboard.stdout.matchAll(/MetricName=\\"([a-z_]+)\\"/g)].map(
    ([, name]) => name,
  );
  const agent = cloudWatchAgent();
  expect(new Set(ofHosts.map(({ Namespace }) => Namespace))).toEqual(new Set([agent.namespace]));
  for (const name of [...ofHosts.map(({ MetricName }) => MetricName), ...searched]) {
    expect(agent.metrics).toContain(name);
  }
  expect(searched).toHaveLength(3);
  expect(ofHosts).toHaveLength(3);
});

test('limits, hosts and load balancer of alarms are options', async () => {
  const { stdout } = await alarms(
    ...['--limit', 'latencyMs=250', '--auto-scaling-group', 'fleet'],
    ...['--load-balancer', 'app/a/1', '--target-group', 'targetgroup/a/2'],
  );
  const names = (JSON.parse(stdout) as Alarm[]).map(({ AlarmName }) => AlarmName);
  expect(names).toEqual([
    ...['fairlead-digits-failures', 'fairlead-digits-latency'],
    ...['fairlead-fleet-memory', 'fairlead-fleet-disk', 'fairlead-fleet-certificate'],
    ...['fairlead-unhealthy-hosts', 'fairlead-balancer-failures'],
  ]);
  expect((JSON.parse(stdout) as Alarm[])[1]?.Threshold).toBe(250);
});

test.each([
  [['--host-namespace', 'X'], '--host-namespace needs the hosts'],
  [['--load-balancer', 'app/a/1'], '--load-balancer and --target-group are given together'],
  [['--limit', 'latency=1'], 'unknown option "latency"'],
  [['--limit', 'latencyMs=-1'], 'latencyMs: expected a number above 0, got -1'],
])('%j is refused', async (args, message) => {
  const { exitCode, stderr } = await alarms(...args);
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain(message);
});
