import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { renderHost, type Deployment } from '@fairlead/deploy-config';
import { cloudWatchObserver, CloudWatchPublisher } from '@fairlead/monitoring/cloudwatch';
import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { expect, it } from 'vitest';

import { JobQueues, Watching, type WatchingOptions } from '@fairlead/deploy-cdk';
import { checkStack } from '../support/check-stack.ts';
import { storedDeployment } from '../support/stored-deployment.ts';

const balancer = {
  loadBalancer: 'app/shop/50dc6c495c0c9188',
  targetGroup: 'targetgroup/shop/73e2d6bc24d8a067',
  certificates: [
    'arn:aws:acm:eu-central-1:111122223333:certificate/12345678-1234-1234-1234-123456789012',
  ],
};
const https = {
  nginx: {
    listen: {
      scheme: 'https',
      names: ['models.example.com'],
      certificateFile: '/etc/shop/fullchain.pem',
      certificateKeyFile: '/etc/shop/privkey.pem',
    },
  },
} as const;
const all = storedDeployment(
  {
    FAIRLEAD_MODELS: 'churn, house-price',
    FAIRLEAD_JOBS_MAX: '500',
    FAIRLEAD_NOTICE_TOPIC: 'arn:aws:sns:eu-central-1:111122223333:shop-alarms',
  },
  https,
);

function addWatching(stack: Stack, deployment = all, options: WatchingOptions = {}) {
  const queues = new JobQueues(stack, 'Queue', { deployment });
  return new Watching(stack, 'Watching', {
    ...{ deployment, autoScalingGroup: 'shop-hosts', balancer, queues, options },
  });
}

function watchingOf(deployment?: Deployment, options?: WatchingOptions) {
  const stack = new Stack(new App(), 'Shop');
  const watching = addWatching(stack, deployment, options);
  return { stack, watching, template: Template.fromStack(stack) };
}

interface AlarmProperties {
  readonly AlarmName: string;
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
  readonly Threshold: number;
  readonly ComparisonOperator: string;
  readonly TreatMissingData: string;
  readonly AlarmActions: unknown[];
  readonly OKActions: unknown[];
}

const alarmsOf = (template: Template) =>
  Object.values(template.findResources('AWS::CloudWatch::Alarm')).map(
    ({ Properties }) => Properties as AlarmProperties,
  );

it('alarms have these thresholds', () => {
  const { template } = watchingOf();
  const found = alarmsOf(template).map(
    ({ AlarmName, ComparisonOperator, Threshold, TreatMissingData }) =>
      `${AlarmName} ${ComparisonOperator === 'LessThanThreshold' ? '<' : '>'} ${Threshold}, ${TreatMissingData}`,
  );
  expect(found.toSorted()).toEqual([
    'shop-balancer-certificate < 21, missing',
    'shop-balancer-failures > 5, notBreaching',
    'shop-certificate < 21, breaching',
    'shop-churn-failures > 0.05, notBreaching',
    'shop-churn-latency > 1000, notBreaching',
    'shop-disk > 85, missing',
    'shop-drift > 0, ignore',
    'shop-failures > 0.05, notBreaching',
    'shop-heartbeat < 1, breaching',
    'shop-house-price-failures > 0.05, notBreaching',
    'shop-house-price-latency > 1000, notBreaching',
    'shop-latency > 1, notBreaching',
    'shop-memory > 90, missing',
    'shop-shop-jobs-dead-letters > 0, notBreaching',
    'shop-shop-jobs-depth > 400, notBreaching',
    'shop-shop-jobs-wait > 900, notBreaching',
    'shop-unhealthy-hosts > 0, notBreaching',
  ]);
  for (const { AlarmActions, OKActions } of alarmsOf(template)) {
    expect(AlarmActions).toEqual([{ Ref: expect.stringMatching(/Topic/) as string }]);
    expect(OKActions).toEqual(AlarmActions);
  }
});

it('options change thresholds and names', () => {
  const { template } = watchingOf(all, {
    ...{ prefix: 'shop-staging', models: ['churn'], failureShare: 0.01, latencyMs: 250 },
    ...{ certificateDays: 30, jobWaitMinutes: 60 },
  });
  const thresholds = Object.fromEntries(
    alarmsOf(template).map(({ AlarmName, Threshold }) => [AlarmName, Threshold]),
  );
  expect(thresholds).toMatchObject({
    'shop-staging-churn-failures': 0.01,
    'shop-staging-churn-latency': 250,
    'shop-staging-failures': 0.01,
    'shop-staging-latency': 0.25,
    'shop-staging-certificate': 30,
    'shop-staging-balancer-certificate': 30,
    'shop-staging-shop-jobs-wait': 3600,
  });
  expect(thresholds).not.toHaveProperty('shop-staging-house-price-latency');
});

it('the description of an alarm has the share in percent, without errors of floating-point numbers', () => {
  const { watching } = watchingOf(all, { failureShare: 0.07 });
  expect(watching.alarms.get('failures')?.alarmDescription).toMatch(/^More than 7 % of/);
});

it('without TLS at Nginx there is no alarm of its certificate, and without windows none of drift', () => {
  const deployment = storedDeployment({ FAIRLEAD_STATE_FOLDER: '', FAIRLEAD_CAPTURE_LOCATION: '' });
  const { watching } = watchingOf(deployment);
  expect([...watching.alarms.keys()]).not.toContain('certificate');
  expect([...watching.alarms.keys()]).not.toContain('drift');
});

it('every metric of an alarm is published, with the same namespace and dimensions', async () => {
  const { template } = watchingOf();
  const published = new Set([...(await gatewayMetrics()), ...agentMetrics(), ...levelMetrics()]);
  const used = alarmsOf(template)
    .filter(({ Namespace = 'AWS/' }) => !Namespace.startsWith('AWS/'))
    .map(({ Namespace = '', MetricName = '', Dimensions = [] }) =>
      metricKey(
        Namespace,
        MetricName,
        Dimensions.map(({ Name }) => Name),
      ),
    );
  expect(used.length).toBeGreaterThan(7);
  for (const metric of used) expect(published).toContain(metric);
});

it('the dashboard searches for published metrics, and shows load balancer and queue', () => {
  const { template } = watchingOf();
  const [dashboard] = Object.values(template.findResources('AWS::CloudWatch::Dashboard'));
  const text = JSON.stringify(dashboard);
  for (const part of [
    'Shop',
    'Fairlead/Host',
    'TargetGroup',
    String.raw`\"HealthyHostCount`,
    'Messages of shop-jobs',
  ]) {
    expect(text).toContain(part);
  }
});

it('log groups are those of the agent, encrypted, with its retention', () => {
  const deployment = storedDeployment({}, { cloudWatch: { retentionDays: 90 } });
  const { template } = watchingOf(deployment);
  const groups = Object.values(template.findResources('AWS::Logs::LogGroup')).map(
    ({ Properties }) => Properties as Record<string, unknown>,
  );
  expect(groups.map(({ LogGroupName }) => LogGroupName).toSorted()).toEqual([
    '/shop/backup',
    '/shop/gateway',
    '/shop/nginx-access',
    '/shop/nginx-error',
  ]);
  for (const group of groups) {
    expect(group).toMatchObject({
      RetentionInDays: 90,
      KmsKeyId: { 'Fn::GetAtt': [expect.any(String), 'Arn'] },
    });
  }
});

it('the topic is encrypted, accepts TLS only, and alarms of this account publish to it', () => {
  const { template } = watchingOf(all, { emails: ['on-call@example.com'] });
  template.hasResourceProperties('AWS::SNS::Topic', {
    TopicName: 'shop-alarms',
    KmsMasterKeyId: { 'Fn::GetAtt': [Match.stringLikeRegexp('NoticesKey'), 'Arn'] },
  });
  template.hasResourceProperties('AWS::SNS::TopicPolicy', {
    PolicyDocument: Match.objectLike({
      Statement: Match.arrayWith([
        Match.objectLike({
          Effect: 'Deny',
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        }),
        Match.objectLike({
          Effect: 'Allow',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
        }),
      ]),
    }),
  });
  template.hasResourceProperties('AWS::SNS::Subscription', {
    Protocol: 'email',
    Endpoint: 'on-call@example.com',
  });
});

it('the alarm of rollouts begins with failures, latency, unhealthy hosts or silence, not with drift', () => {
  const { template, watching } = watchingOf();
  const [composite] = Object.values(template.findResources('AWS::CloudWatch::CompositeAlarm'));
  const { AlarmRule, AlarmName } = (composite as { Properties: Record<string, unknown> })
    .Properties;
  expect(AlarmName).toBe('shop-rollout');
  const rule = JSON.stringify(AlarmRule);
  const parts = [...watching.alarms].filter(([, alarm]) =>
    rule.includes(`"${Stack.of(alarm).getLogicalId(alarm)}"`),
  );
  expect(parts.map(([name]) => name).toSorted()).toEqual([
    'balancer-failures',
    'churn-failures',
    'churn-latency',
    'failures',
    'heartbeat',
    'house-price-failures',
    'house-price-latency',
    'latency',
    'unhealthy-hosts',
  ]);
});

it('hosts publish into their namespaces, log groups and topic only', () => {
  const { watching, stack } = watchingOf();
  const statements = watching.statements.map(
    (each) => stack.resolve(each.toStatementJson()) as Record<string, unknown>,
  );
  expect(statements[0]).toMatchObject({
    Action: 'cloudwatch:PutMetricData',
    Condition: { StringEquals: { 'cloudwatch:namespace': ['Shop', 'Fairlead/Host'] } },
  });
  const withoutCondition = statements.filter(
    ({ Resource, Condition }) => Resource === '*' && Condition === undefined,
  );
  expect(withoutCondition).toEqual([
    { Effect: 'Allow', Action: 'ec2:DescribeTags', Resource: '*' },
  ]);
  expect(statements.map(({ Action }) => Action)).toContain('sns:Publish');
});

it.each([
  [
    'a gateway without metrics',
    storedDeployment({ FAIRLEAD_CLOUDWATCH_NAMESPACE: '' }),
    {},
    'set FAIRLEAD_CLOUDWATCH_NAMESPACE',
  ],
  ['hosts without the agent', withoutAgent(), {}, 'set cloudWatch in the deployment'],
  [
    'a latency that no request may have',
    all,
    { latencyMs: 60_000 },
    'Option watching.latencyMs is 60000: expected a whole number from 1 to 30000',
  ],
  ['a share in percent', all, { failureShare: 5 }, 'Option watching.failureShare is 5'],
  ['a misspelled address', all, { emails: ['on-call'] }, 'Option watching.emails has "on-call"'],
  [
    'a FIFO topic',
    storedDeployment({ FAIRLEAD_NOTICE_TOPIC: 'arn:aws:sns:eu-central-1:111122223333:shop.fifo' }),
    {},
    'expected the ARN of a standard topic',
  ],
])('rejects %s', (_, deployment, options, message) => {
  expect(() => watchingOf(deployment, options)).toThrow(
    expect.objectContaining({
      code: 'ERR_DEPLOY_CDK_INVALID_OPTION',
      message: expect.stringContaining(message) as string,
    }),
  );
});

it('cdk-nag and cfn-lint find nothing in alarms, logs and dashboard', async () => {
  const problems = await checkStack((stack) => {
    addWatching(stack, all, { emails: ['on-call@example.com'] });
  });
  expect(problems).toEqual({ nag: [], lint: [] });
}, 120_000);

function withoutAgent(): Deployment {
  const { cloudWatch: _, ...rest } = storedDeployment();
  return { ...rest, cloudWatch: undefined };
}

function metricKey(namespace: string, name: string, dimensions: readonly string[]): string {
  return `${namespace} ${name} ${dimensions.toSorted().join(' ')}`;
}

/** Metrics that the observer of the gateway sends. */
async function gatewayMetrics(): Promise<string[]> {
  interface Sent {
    readonly input: {
      readonly Namespace: string;
      readonly MetricData: { MetricName: string; Dimensions: { Name: string }[] }[];
    };
  }
  const sent: Sent[] = [];
  const client = {
    send: (command: unknown) => {
      sent.push(command as Sent);
      return Promise.resolve();
    },
  };
  const publisher = new CloudWatchPublisher({ client, namespace: 'Shop' });
  const observer = cloudWatchObserver(publisher, { service: 'fairlead-gateway' });
  const call = { model: 'churn', version: '1', protocol: 'open-inference' };
  observer.inferenceFinished({
    ...{ ...call, outcome: 'success', rows: 1 },
    ...{ requestDurationMs: 3, queueDurationMs: 1, computeDurationMs: 2 },
  });
  await publisher.close();
  return sent.flatMap(({ input: { Namespace, MetricData } }) =>
    MetricData.map(({ MetricName, Dimensions }) =>
      metricKey(
        Namespace,
        MetricName,
        Dimensions.map(({ Name }) => Name),
      ),
    ),
  );
}

/** Metrics that the rendered configuration of the agent names, with each aggregation; the names are prefixed by their section. */
function agentMetrics(): string[] {
  const file = renderHost(all).find(({ path }) => path.includes('/amazon-cloudwatch-agent/'));
  const { metrics } = JSON.parse(file?.content ?? '{}') as {
    readonly metrics: {
      readonly namespace: string;
      readonly aggregation_dimensions: readonly (readonly string[])[];
      readonly metrics_collected: Readonly<
        Record<string, { readonly measurement?: readonly string[] }>
      >;
    };
  };
  const names = Object.entries(metrics.metrics_collected).flatMap(
    ([section, { measurement = [] }]) =>
      measurement.map((name) => (name.startsWith(`${section}_`) ? name : `${section}_${name}`)),
  );
  // The certificate timer sends it to the agent by statsd.
  const sender = readFileSync(
    resolve(import.meta.dirname, '../../../deploy/src/agent/certificate/renew-certificate.ts'),
    'utf8',
  );
  const [, certificate = ''] = /`(\w+):\$\{daysLeft\}\|g/.exec(sender) ?? [];
  if (metrics.metrics_collected.statsd !== undefined) names.push(certificate);
  return metrics.aggregation_dimensions.flatMap((dimensions) =>
    names.map((name) => metricKey(metrics.namespace, name, dimensions)),
  );
}

/** Levels and totals that the gateway publishes for the service. */
function levelMetrics(): string[] {
  const gateway = resolve(import.meta.dirname, '../../../gateway/src');
  return globSync('recording/*.ts', { cwd: gateway })
    .map((file) => readFileSync(resolve(gateway, file), 'utf8'))
    .flatMap((text) => [...text.matchAll(/name: '([A-Z]\w+)',\s+kind: '(?:level|total)'/g)])
    .map(([, name = '']) => metricKey('Shop', name, ['service']));
}
