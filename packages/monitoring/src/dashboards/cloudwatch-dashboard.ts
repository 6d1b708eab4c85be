import { checkOptions } from '../check-options.ts';
import type { OptionNames } from '../options-problem.ts';
import { type CloudWatchSource, checkSource, checkTexts } from './cloudwatch-source.ts';

/** Options of {@link cloudWatchDashboard}. */
export interface CloudWatchDashboardOptions extends CloudWatchSource {
  /** Region of the metrics, such as `eu-central-1`. */
  readonly region: string;
  /**
   * Namespace of the CloudWatch agent of the hosts: `cloudWatch.namespace` of the deployment.
   * @defaultValue none: no widgets about hosts
   */
  readonly hostNamespace?: string;
}

/** Widget of a dashboard of CloudWatch. */
export interface CloudWatchWidget {
  readonly type: 'metric';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: {
    readonly title: string;
    readonly region: string;
    readonly view: 'timeSeries';
    readonly period: number;
    /** One search expression. */
    readonly metrics: readonly (readonly [
      { readonly expression: string; readonly id: string; readonly label: string },
    ])[];
    readonly yAxis: {
      readonly left: { readonly min: number; readonly label: string; readonly showUnits: false };
    };
  };
}

/** Body of a dashboard: pass it as JSON to `PutDashboardCommand` of `@aws-sdk/client-cloudwatch`. */
export interface CloudWatchDashboard {
  readonly widgets: readonly CloudWatchWidget[];
}

const optionNames: OptionNames<CloudWatchDashboardOptions> = {
  namespace: 'required',
  service: 'optional',
  region: 'required',
  hostNamespace: 'optional',
};
/** Columns of a dashboard of CloudWatch, of which a widget takes a third. */
const GRID = 24;
const WIDGET = { width: 8, height: 6 };
const PERIOD = 60;

/**
 * Returns the body of a dashboard of CloudWatch: requests, failures, latency and batches of every model of the service, and
 * memory, disk and certificates of the hosts. The models needn't be listed: the widgets search for them.
 *
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
 *
 * @throws `MonitoringError` with `ERR_MONITORING_INVALID_OPTION`.
 *
 * @example
 * ```ts
 * import { cloudWatchDashboard } from '@fairlead/monitoring/dashboards';
 *
 * const { widgets } = cloudWatchDashboard({ namespace: 'Shop', region: 'eu-central-1' });
 * console.log(widgets[0]?.properties.title); // Requests per minute
 * // await client.send(new PutDashboardCommand({ DashboardName: 'shop', DashboardBody: JSON.stringify({ widgets }) }));
 * ```
 */
export function cloudWatchDashboard(options: CloudWatchDashboardOptions): CloudWatchDashboard {
  const { region, hostNamespace, ...source } = checkOptions(
    'cloudWatchDashboard',
    options,
    optionNames,
  );
  const { namespace, service } = checkSource(source);
  checkTexts('region', [region]);
  if (hostNamespace !== undefined) checkTexts('hostNamespace', [hostNamespace]);
  const ofModels = (metric: string, statistic: string): string =>
    search(
      `{"${namespace}","model","service"} MetricName="${metric}" service="${service}"`,
      statistic,
    );
  const ofHosts = (metric: string, statistic: string, period?: number): string =>
    search(`{"${hostNamespace ?? ''}","InstanceId"} MetricName="${metric}"`, statistic, period);
  const charts: readonly Chart[] = [
    ['Requests per minute', 'requests', ofModels('RequestCount', 'Sum')],
    ['Share of failed requests', 'share', ofModels('Failures', 'Average')],
    ['Latency, 99th percentile', 'ms', ofModels('Latency', 'p99')],
    ['Latency, median', 'ms', ofModels('Latency', 'p50')],
    ['Rows of a batch, mean', 'rows', ofModels('BatchSize', 'Average')],
    ...(hostNamespace === undefined
      ? []
      : ([
          ['Memory used', '%', ofHosts('mem_used_percent', 'Maximum')],
          ['Root disk used', '%', ofHosts('disk_used_percent', 'Maximum')],
          [
            'Days left of the certificate',
            'days',
            ofHosts('certificate_days_left', 'Minimum', 86_400),
          ],
        ] as const)),
  ];
  return { widgets: charts.map((chart, index) => widget(chart, index, region)) };
}

/** Title, label of the axis, and search expression. */
type Chart = readonly [title: string, label: string, expression: string];

function widget(
  [title, label, expression]: Chart,
  index: number,
  region: string,
): CloudWatchWidget {
  const perLine = GRID / WIDGET.width;
  return {
    type: 'metric',
    x: (index % perLine) * WIDGET.width,
    y: Math.floor(index / perLine) * WIDGET.height,
    ...WIDGET,
    properties: {
      title,
      region,
      view: 'timeSeries',
      period: PERIOD,
      metrics: [[{ expression, id: 'e1', label: '' }]],
      yAxis: { left: { min: 0, label, showUnits: false } },
    },
  };
}

function search(terms: string, statistic: string, period = PERIOD): string {
  return `SEARCH('${terms}', '${statistic}', ${period})`;
}
