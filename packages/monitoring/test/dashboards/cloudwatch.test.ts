import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetDashboardCommand,
  PutDashboardCommand,
  PutMetricAlarmCommand,
} from '@aws-sdk/client-cloudwatch';
import { expect, onTestFinished, test } from 'vitest';
import { awsTestConnection, startMoto } from '@fairlead/test-support';
import { cloudWatchObserver, type CloudWatchMetricDefinition } from '../../src/cloudwatch/index.ts';
import { cloudWatchAlarms, cloudWatchDashboard } from '../../src/dashboards/index.ts';

const service = 'fairlead-gateway';
const alarms = cloudWatchAlarms({
  namespace: 'Fairlead',
  models: ['churn', 'größe'],
  actions: ['arn:aws:sns:eu-central-1:123456789012:operations'],
  hosts: { instances: ['i-0123456789abcdef0'] },
  loadBalancer: { loadBalancer: 'app/shop/50dc6c', targetGroup: 'targetgroup/shop/73e2d6' },
});
const dashboard = cloudWatchDashboard({
  namespace: 'Fairlead',
  region: 'eu-central-1',
  hostNamespace: 'Fairlead/Host',
});

/** Definitions of what the observer of a gateway publishes. */
function publishedMetrics(model: string): readonly CloudWatchMetricDefinition[] {
  const definitions: CloudWatchMetricDefinition[] = [];
  const source = {
    metric(definition: CloudWatchMetricDefinition) {
      definitions.push(definition);
      return { record: () => undefined };
    },
  };
  cloudWatchObserver(source, { service }).executed({
    ...{ model, version: '1', batchSize: 1, computeDurationMs: 1 },
  });
  return definitions;
}

test('every alarm of a model names a metric that the gateway publishes, with its dimensions', () => {
  for (const model of ['churn', 'größe']) {
    const published = publishedMetrics(model);
    const dimensions = published[0]?.dimensions;
    const ofModel = alarms.filter(({ Dimensions }) =>
      Dimensions.some(({ Value }) => Value === dimensions?.model),
    );
    expect(ofModel).toHaveLength(2);
    for (const { Namespace, MetricName, Dimensions } of ofModel) {
      expect(Namespace).toBe('Fairlead');
      expect(published.map(({ name }) => name)).toContain(MetricName);
      expect(Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]))).toEqual(
        dimensions,
      );
    }
  }
});

test('every widget about models searches for a metric that the gateway publishes', () => {
  const [{ dimensions = {} } = {}, ...rest] = publishedMetrics('churn');
  const names = ['RequestCount', ...rest.map(({ name }) => name)];
  const searches = dashboard.widgets.map(({ properties }) => {
    const [[{ expression }] = [{ expression: '' }]] = properties.metrics;
    return /^SEARCH\('\{"([^"]+)",([^}]+)\} MetricName="(\w+)"(?: service="([^"]+)")?', '(\w+)', \d+\)$/.exec(
      expression,
    );
  });
  expect(searches).not.toContain(null);
  const ofModels = searches.filter((search) => search?.[1] === 'Fairlead');
  expect(ofModels.length).toBeGreaterThanOrEqual(4);
  for (const search of ofModels) {
    expect(search?.[2]?.split(',').sort()).toEqual(
      Object.keys(dimensions)
        .map((name) => `"${name}"`)
        .sort(),
    );
    expect(names).toContain(search?.[3]);
    expect(search?.[4]).toBe(service);
  }
});

test('widgets fill the grid without overlapping', () => {
  const places = dashboard.widgets.map(({ x, y, width, height }) => `${x},${y},${width},${height}`);
  expect(new Set(places).size).toBe(places.length);
  for (const { x, width } of dashboard.widgets) expect(x + width).toBeLessThanOrEqual(24);
});

test('AWS stores the alarms and the dashboard', async () => {
  const moto = await startMoto();
  onTestFinished(() => moto.stop());
  const client = new CloudWatchClient({ ...awsTestConnection, endpoint: moto.endpoint });
  onTestFinished(() => {
    client.destroy();
  });
  for (const alarm of alarms) await client.send(new PutMetricAlarmCommand(alarm));
  const { MetricAlarms = [] } = await client.send(new DescribeAlarmsCommand({ MaxRecords: 100 }));
  const byName = new Map(MetricAlarms.map((alarm) => [alarm.AlarmName, alarm]));
  expect(byName.size).toBe(alarms.length);
  for (const alarm of alarms) expect(byName.get(alarm.AlarmName)).toMatchObject(alarm);

  const DashboardBody = JSON.stringify(dashboard);
  await client.send(new PutDashboardCommand({ DashboardName: 'fairlead', DashboardBody }));
  const stored = await client.send(new GetDashboardCommand({ DashboardName: 'fairlead' }));
  expect(JSON.parse(stored.DashboardBody ?? '')).toEqual(dashboard);
});

test('invalid options are refused with their name and value', () => {
  const source = { namespace: 'Fairlead', models: ['churn'] };
  expect(() => cloudWatchAlarms({ ...source, failureShare: 0 })).toThrow(
    /failureShare: expected a number above 0, got 0/,
  );
  expect(() => cloudWatchAlarms({ ...source, hosts: {} })).toThrow(
    /hosts: expected an autoScalingGroup or instances/,
  );
  expect(() => cloudWatchAlarms({ ...source, models: 'churn' as unknown as string[] })).toThrow(
    /models: expected a list of texts, got "churn"/,
  );
  expect(() => cloudWatchAlarms({ ...source, prefix: `a"b` })).toThrow(/prefix: expected 1 to 255/);
  expect(() => cloudWatchDashboard({ namespace: `it's`, region: 'eu-central-1' })).toThrow(
    /namespace: expected 1 to 255 printable ASCII characters without quotes, got "it's"/,
  );
});
