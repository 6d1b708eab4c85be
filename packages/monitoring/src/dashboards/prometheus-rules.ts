import { checkOptions, rejectOption } from '../check-options.ts';
import type { OptionNames } from '../options-problem.ts';
import { failureShare, max, quantile, rate } from './prometheus-expressions.ts';

/** Options of {@link prometheusRules}: limits above which an alert fires. */
export interface PrometheusRulesOptions {
  /**
   * Name of the scrape job of the gateways in the configuration of Prometheus.
   * @defaultValue 'fairlead'
   */
  readonly job?: string;
  /**
   * Share of the requests of a model that fail in its runtime or a dependency.
   * @defaultValue 0.05
   */
  readonly failureShare?: number;
  /**
   * Share of the requests of a model that are rejected: the queue is full, or the model isn't ready.
   * @defaultValue 0.05
   */
  readonly rejectedShare?: number;
  /**
   * Share of the requests of a model with invalid input.
   * @defaultValue 0.2
   */
  readonly invalidShare?: number;
  /**
   * 99th percentile of the end-to-end time of successful requests, in seconds.
   * @defaultValue 1
   */
  readonly latencySeconds?: number;
  /**
   * Time since an alias was last read from the registry, in seconds.
   * @defaultValue 60
   */
  readonly registryStalenessSeconds?: number;
  /**
   * Time since the keys file could last be read, in seconds.
   * @defaultValue 60
   */
  readonly keysFileStalenessSeconds?: number;
  /**
   * Queued jobs of asynchronous inference.
   * @defaultValue 1000
   */
  readonly queuedJobs?: number;
  /**
   * 99th percentile of the delay of the event loop, in seconds.
   * @defaultValue 0.2
   */
  readonly eventLoopLagSeconds?: number;
}

/** Rule of Prometheus that fires an alert. */
export interface PrometheusAlertRule {
  readonly alert: string;
  readonly expr: string;
  /** Time for which the expression must hold, such as `5m`. */
  readonly for: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: { readonly summary: string; readonly description: string };
}

/** Group of alert rules. */
export interface PrometheusRuleGroup {
  readonly name: string;
  readonly rules: readonly PrometheusAlertRule[];
}

/** Content of a rules file of Prometheus; as JSON it is also YAML. */
export interface PrometheusRules {
  readonly groups: readonly PrometheusRuleGroup[];
}

type Limits = Required<PrometheusRulesOptions>;

const optionNames: OptionNames<PrometheusRulesOptions> = {
  job: 'optional',
  failureShare: 'optional',
  rejectedShare: 'optional',
  invalidShare: 'optional',
  latencySeconds: 'optional',
  registryStalenessSeconds: 'optional',
  keysFileStalenessSeconds: 'optional',
  queuedJobs: 'optional',
  eventLoopLagSeconds: 'optional',
};

/**
 * Returns alert rules for Prometheus about the metrics of this package: write them as JSON to a file of `rule_files`.
 *
 * The label `severity` is `page` for what users notice now, else `ticket`.
 *
 * @throws `MonitoringError` with `ERR_MONITORING_INVALID_OPTION`.
 *
 * @example
 * ```ts
 * import { prometheusRules } from '@fairlead/monitoring/dashboards';
 *
 * const { groups } = prometheusRules({ latencySeconds: 0.25 });
 * const latency = groups[0]?.rules.find(({ alert }) => alert === 'FairleadLatency');
 * console.log(latency?.for, latency?.labels); // 5m { severity: 'page' }
 * ```
 */
export function prometheusRules(options: PrometheusRulesOptions = {}): PrometheusRules {
  const limits: Limits = {
    job: 'fairlead',
    failureShare: 0.05,
    rejectedShare: 0.05,
    invalidShare: 0.2,
    latencySeconds: 1,
    registryStalenessSeconds: 60,
    keysFileStalenessSeconds: 60,
    queuedJobs: 1000,
    eventLoopLagSeconds: 0.2,
    ...checkOptions('prometheusRules', options, optionNames),
  };
  for (const [name, value] of Object.entries(limits)) {
    if (name === 'job') checkJob(value);
    else if (!(Number.isFinite(value) && Number(value) > 0)) {
      rejectOption(name, 'a number above 0', value);
    }
  }
  return {
    groups: [
      { name: 'fairlead-inference', rules: inferenceRules(limits) },
      { name: 'fairlead-watching', rules: watchingRules() },
      { name: 'fairlead-gateway', rules: gatewayRules(limits) },
      { name: 'fairlead-jobs', rules: jobRules(limits) },
    ],
  };
}

function checkJob(job: unknown): void {
  if (typeof job === 'string' && /^[\w.:/ -]{1,200}$/.test(job)) return;
  rejectOption('job', 'a name of letters, digits, spaces and . : / - _', job);
}

function inferenceRules(limits: Limits): readonly PrometheusAlertRule[] {
  const latency = quantile('fairlead_request_duration_seconds', 0.99, 'model');
  const fallbacks = rate('fairlead_fallback_requests_total', 'model, fallback_model, reason');
  return [
    page('FairleadFailures', `${failureShare('BACKEND')} > ${limits.failureShare}`, '5m', {
      summary: 'Requests of {{ $labels.model }} fail',
      description:
        'The runtime failed for {{ $value | humanizePercentage }} of the requests of {{ $labels.model }}.',
    }),
    page('FairleadRejections', `${failureShare('REJECTED')} > ${limits.rejectedShare}`, '5m', {
      summary: '{{ $labels.model }} is overloaded or not ready',
      description:
        '{{ $value | humanizePercentage }} of the requests of {{ $labels.model }} were rejected: its queue is full, or it is not ready.',
    }),
    page('FairleadLatency', `${latency} > ${limits.latencySeconds}`, '5m', {
      summary: '{{ $labels.model }} is slow',
      description:
        '1 % of the successful requests of {{ $labels.model }} take {{ $value | humanizeDuration }} or more.',
    }),
    ticket('FairleadInvalidInput', `${failureShare('OTHER')} > ${limits.invalidShare}`, '15m', {
      summary: 'Clients send invalid input to {{ $labels.model }}',
      description:
        '{{ $value | humanizePercentage }} of the requests of {{ $labels.model }} had invalid input.',
    }),
    ticket('FairleadFallback', `${fallbacks} > 0`, '10m', {
      summary: '{{ $labels.model }} is answered by its fallback',
      description:
        'Requests of {{ $labels.model }} are forwarded to {{ $labels.fallback_model }}: {{ $labels.reason }}.',
    }),
  ];
}

function watchingRules(): readonly PrometheusAlertRule[] {
  const drifted = max('fairlead_drift_features', 'model, version', { where: 'status="drift"' });
  const lost = [
    rate('fairlead_window_requests_lost_total', 'instance', { range: '15m' }),
    rate('fairlead_capture_requests_lost_total', 'instance', { range: '15m' }),
    rate('fairlead_records_lost_total', 'instance', { range: '15m' }),
  ].map((losses) => `${losses} > 0`);
  return [
    ticket('FairleadDrift', `${drifted} > 0`, '5m', {
      summary: 'Features of {{ $labels.model }} version {{ $labels.version }} drift',
      description:
        '{{ $value }} features or outputs differ from the training table. See: fairlead drift report {{ $labels.model }}',
    }),
    ticket('FairleadRecordsLost', lost.join(' or '), '15m', {
      summary: 'A recorder loses requests',
      description:
        'On {{ $labels.instance }}, answered requests are missing in windows or captured requests: the store is away, or the disk is full.',
    }),
  ];
}

function gatewayRules(limits: Limits): readonly PrometheusAlertRule[] {
  const registry = max('fairlead_registry_staleness_seconds', 'model');
  const keysFile = max('fairlead_keys_file_staleness_seconds', 'instance');
  const lag = max('nodejs_eventloop_lag_p99_seconds', 'instance');
  return [
    page('FairleadDown', `up{job="${limits.job}"} == 0`, '2m', {
      summary: 'A gateway does not answer Prometheus',
      description: '{{ $labels.instance }} could not be scraped for 2 minutes.',
    }),
    page('FairleadKeysFileStale', `${keysFile} > ${limits.keysFileStalenessSeconds}`, '5m', {
      summary: 'The keys file cannot be read',
      description:
        '{{ $labels.instance }} could last read its keys file {{ $value | humanizeDuration }} ago. Revoked keys are still accepted.',
    }),
    ticket('FairleadRegistryStale', `${registry} > ${limits.registryStalenessSeconds}`, '5m', {
      summary: 'The registry cannot be read',
      description:
        'The alias of {{ $labels.model }} was last read {{ $value | humanizeDuration }} ago. Promotions and rollbacks have no effect.',
    }),
    ticket('FairleadEventLoopLag', `${lag} > ${limits.eventLoopLagSeconds}`, '10m', {
      summary: 'The event loop of a gateway is busy',
      description:
        'On {{ $labels.instance }}, 1 % of the callbacks start {{ $value | humanizeDuration }} late.',
    }),
  ];
}

function jobRules(limits: Limits): readonly PrometheusAlertRule[] {
  const queued = max('fairlead_jobs', '', { where: 'state="queued"' });
  const failed = rate('fairlead_jobs_finished_total', 'model', {
    where: 'state="failed"',
    range: '15m',
  });
  const events = rate('fairlead_job_events_total', 'type', {
    where: 'type=~"webhook-abandoned|queue-failed"',
    range: '15m',
  });
  return [
    ticket('FairleadJobsQueued', `${queued} > ${limits.queuedJobs}`, '10m', {
      summary: 'Jobs of asynchronous inference wait',
      description: '{{ $value }} jobs are queued.',
    }),
    ticket('FairleadJobFailures', `${failed} > 0`, '15m', {
      summary: 'Jobs of {{ $labels.model }} fail',
      description: 'Jobs of {{ $labels.model }} have failed for 15 minutes.',
    }),
    ticket('FairleadJobEvents', `${events} > 0`, '5m', {
      summary: 'Jobs have the problem {{ $labels.type }}',
      description:
        'webhook-abandoned: a receiver did not accept the result of a job. queue-failed: the storage of the queue failed.',
    }),
  ];
}

type Annotations = PrometheusAlertRule['annotations'];

function page(alert: string, expr: string, duration: string, annotations: Annotations) {
  return { alert, expr, for: duration, labels: { severity: 'page' }, annotations };
}

function ticket(alert: string, expr: string, duration: string, annotations: Annotations) {
  return { alert, expr, for: duration, labels: { severity: 'ticket' }, annotations };
}
