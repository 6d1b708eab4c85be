import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { eventually, startPrometheus, temporaryFolder } from '@fairlead/test-support';
import { grafanaDashboard, prometheusRules } from '../../src/dashboards/index.ts';
import { startObservedServer } from './observed-server.ts';

const run = promisify(execFile);
const rules = prometheusRules().groups.flatMap((group) => group.rules);
const panels = grafanaDashboard().panels.filter(({ type }) => type === 'timeseries');

/** Passes files to promtool, and returns what it prints. */
async function promtool(command: readonly string[], files: Record<string, unknown>) {
  const folder = temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), JSON.stringify(content));
  }
  return (await run('promtool', command, { cwd: folder })).stdout;
}

test('Prometheus finds series for every panel and every alert on the page of a service', async () => {
  const server = await startObservedServer();
  onTestFinished(server.close);
  await server.count();
  const prometheus = await startPrometheus(server.address, 'fairlead');
  onTestFinished(prometheus.stop);
  const names = async (expression: string) => (await prometheus.query(expression)).length;
  // A rate takes two scrapes.
  await eventually(async () => {
    await server.count();
    expect(await names('rate(http_requests_total{route="metrics"}[1m]) > 0')).toBe(1);
    expect(await names('rate(fairlead_jobs_finished_total{}[1m]) > 0')).toBe(2);
  });
  const expressions = [
    ...panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr, legendFormat }) => ({ title, expr, legendFormat })),
    ),
    ...rules.map(({ alert, expr }) => ({
      title: alert,
      // Without its limit, so that it has a result when all is well.
      expr: expr.replaceAll(/ (?:>|==) [\d.]+(?= or |$)/g, ''),
      legendFormat: '',
    })),
  ];
  const empty: string[] = [];
  for (const { title, expr, legendFormat } of expressions) {
    const [series] = await prometheus.query(expr.replaceAll('$model', '.*'));
    const labels = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, name = '']) => name);
    if (series === undefined || labels.some((name) => !Object.hasOwn(series.metric, name))) {
      empty.push(`${title}: ${expr} as ${legendFormat}`);
    }
  }
  expect(expressions.length).toBeGreaterThan(30);
  expect(empty).toEqual([]);
});

test('promtool accepts the rules', async () => {
  const output = await promtool(['check', 'rules', 'rules.json'], {
    'rules.json': prometheusRules(),
  });
  expect(output).toContain(`SUCCESS: ${rules.length} rules found`);
});

/** Counter of a model that grows by `step` a minute, for an hour. */
const counter = (name: string, labels: string, step: number) => ({
  series: `${name}{${labels}}`,
  values: `0+${step}x60`,
});
const gauge = (name: string, labels: string, value: number) => ({
  series: `${name}{${labels}}`,
  values: `${value}+0x60`,
});
const requests = (reason: string, failures: number) => [
  counter('nv_inference_request_success', 'model="churn",version="3"', 100 - failures),
  counter('nv_inference_request_failure', `model="churn",version="3",reason="${reason}"`, failures),
];
const latencies = (slow: number) => [
  counter('fairlead_request_duration_seconds_bucket', 'model="churn",le="0.5"', 100 - slow),
  counter('fairlead_request_duration_seconds_bucket', 'model="churn",le="2.5"', 100),
  counter('fairlead_request_duration_seconds_bucket', 'model="churn",le="+Inf"', 100),
];
const host = 'job="fairlead",instance="10.0.0.5:9090"';

/** Series just below and just above the limit of each alert. */
const limits: Record<string, readonly [fine: readonly object[], firing: readonly object[]]> = {
  FairleadFailures: [requests('BACKEND', 4), requests('BACKEND', 6)],
  FairleadRejections: [requests('REJECTED', 4), requests('REJECTED', 6)],
  FairleadInvalidInput: [requests('OTHER', 19), requests('OTHER', 21)],
  FairleadLatency: [latencies(0), latencies(10)],
  FairleadFallback: [
    [counter('fairlead_fallback_requests_total', 'model="churn",fallback_model="old"', 0)],
    [counter('fairlead_fallback_requests_total', 'model="churn",fallback_model="old"', 1)],
  ],
  FairleadDrift: [
    [gauge('fairlead_drift_features', 'model="churn",version="3",status="ok"', 9)],
    [gauge('fairlead_drift_features', 'model="churn",version="3",status="drift"', 1)],
  ],
  FairleadRecordsLost: [
    [counter('fairlead_window_requests_lost_total', host, 0)],
    [counter('fairlead_records_lost_total', `${host},reason="dropped"`, 1)],
  ],
  FairleadDown: [[gauge('up', host, 1)], [gauge('up', host, 0)]],
  FairleadKeysFileStale: [
    [gauge('fairlead_keys_file_staleness_seconds', host, 60)],
    [gauge('fairlead_keys_file_staleness_seconds', host, 61)],
  ],
  FairleadRegistryStale: [
    [gauge('fairlead_registry_staleness_seconds', 'model="churn"', 60)],
    [gauge('fairlead_registry_staleness_seconds', 'model="churn"', 61)],
  ],
  FairleadEventLoopLag: [
    [gauge('nodejs_eventloop_lag_p99_seconds', host, 0.2)],
    [gauge('nodejs_eventloop_lag_p99_seconds', host, 0.21)],
  ],
  FairleadJobsQueued: [
    [
      gauge('fairlead_jobs', 'state="queued"', 1000),
      gauge('fairlead_jobs', 'state="running"', 5000),
    ],
    [gauge('fairlead_jobs', 'state="queued"', 1001)],
  ],
  FairleadJobFailures: [
    [counter('fairlead_jobs_finished_total', 'model="churn",state="succeeded"', 5)],
    [counter('fairlead_jobs_finished_total', 'model="churn",state="failed"', 1)],
  ],
  FairleadJobEvents: [
    [counter('fairlead_job_events_total', 'type="webhook-retried"', 5)],
    [counter('fairlead_job_events_total', 'type="webhook-abandoned"', 1)],
  ],
};

test('each alert fires above its limit only, after its time', async () => {
  expect(Object.keys(limits).sort()).toEqual(rules.map(({ alert }) => alert).sort());
  const tests = rules.flatMap(({ alert, for: duration }) => {
    const [fine = [], firing = []] = limits[alert] ?? [];
    // Rates of the first minutes are those of fewer scrapes.
    const early = `${Number.parseInt(duration, 10) - 1}m`;
    return [
      { input_series: fine, at: '60m', count: 0 },
      { input_series: firing, at: early, count: 0 },
      { input_series: firing, at: '60m', count: 1 },
    ].map(({ input_series, at, count }) => ({
      ...{ interval: '1m', input_series },
      // The labels of an alert are those of its series; only their number is compared.
      promql_expr_test: [
        {
          expr: `count(ALERTS{alertname="${alert}",alertstate="firing"}) or vector(0)`,
          eval_time: at,
          exp_samples: [{ labels: '{}', value: count }],
        },
      ],
    }));
  });
  const output = await promtool(['test', 'rules', 'test.json'], {
    'rules.json': prometheusRules(),
    'test.json': { rule_files: ['rules.json'], evaluation_interval: '1m', tests },
  });
  expect(output).toContain('SUCCESS');
});
