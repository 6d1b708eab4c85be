import { checkMethod, checkOptions } from '../check-options.ts';
import type { InferenceObserver } from '../inference-observer.ts';
import type { OptionNames } from '../options-problem.ts';
import type { CloudWatchMetric } from './cloudwatch-publisher.ts';
import { modelDimension } from './model-dimension.ts';
import { checkMetricDefinition } from './metric-definition.ts';
import type { CloudWatchMetricDefinition } from './metric-definition.ts';

/** Part of a `CloudWatchPublisher` that {@link cloudWatchObserver} uses. */
export interface CloudWatchMetricSource {
  /** Returns the metric of a name and dimensions, to record values with. */
  metric(definition: CloudWatchMetricDefinition): CloudWatchMetric;
}

/** Options of {@link cloudWatchObserver}. */
export interface CloudWatchObserverOptions {
  /** Name of the service: the dimension `service`. */
  readonly service: string;
}

const optionNames: OptionNames<CloudWatchObserverOptions> = { service: 'required' };

interface ModelMetrics {
  readonly requestCount: CloudWatchMetric;
  readonly failures: CloudWatchMetric;
  readonly latency: CloudWatchMetric;
  readonly batchSize: CloudWatchMetric;
}

/**
 * Creates an observer that records four metrics per model, with the dimensions `service` and `model` only: neither
 * version nor instance, because each value of a dimension is billed.
 *
 * `RequestCount`; `Failures` (1 or 0 per request, so its Sum counts them and its Average is the failure rate);
 * `Latency` in milliseconds, of successful requests; `BatchSize` per execution.
 *
 * @throws `MonitoringError` with `ERR_MONITORING_CLOUDWATCH_METRIC_INVALID` if the service can't be a dimension, or
 * `ERR_MONITORING_INVALID_OPTION`.
 *
 * @example
 * ```ts
 * import { cloudWatchObserver, CloudWatchPublisher } from '@fairlead/monitoring/cloudwatch';
 *
 * const client = { send: async () => undefined };
 * const publisher = new CloudWatchPublisher({ client, namespace: 'Shop' });
 * const observer = cloudWatchObserver(publisher, { service: 'shop' });
 * observer.executed({ model: 'digits', version: '1', batchSize: 8, computeDurationMs: 2 });
 * await publisher.close();
 * ```
 */
export function cloudWatchObserver(
  publisher: CloudWatchMetricSource,
  options: CloudWatchObserverOptions,
): InferenceObserver {
  const { service } = checkOptions('cloudWatchObserver', options, optionNames);
  checkMethod('publisher', publisher, 'metric');
  checkMetricDefinition({ name: 'RequestCount', dimensions: { service } });
  const models = new Map<string, ModelMetrics>();

  const metricsOf = (model: string): ModelMetrics => {
    let metrics = models.get(model);
    if (metrics === undefined) {
      const dimensions = { service, model: modelDimension(model) };
      metrics = {
        requestCount: publisher.metric({ name: 'RequestCount', unit: 'Count', dimensions }),
        failures: publisher.metric({ name: 'Failures', unit: 'Count', dimensions }),
        latency: publisher.metric({ name: 'Latency', unit: 'Milliseconds', dimensions }),
        batchSize: publisher.metric({ name: 'BatchSize', unit: 'Count', dimensions }),
      };
      models.set(model, metrics);
    }
    return metrics;
  };

  return {
    inferenceStarted() {
      // Requests are counted when they end, together with their outcome.
    },
    inferenceFinished({ model, outcome, requestDurationMs }) {
      // The fallback model counts it.
      if (outcome === 'fallback') return;
      const { requestCount, failures, latency } = metricsOf(model);
      requestCount.record(1);
      failures.record(outcome === 'failure' ? 1 : 0);
      if (outcome === 'success') latency.record(requestDurationMs);
    },
    executed({ model, batchSize }) {
      metricsOf(model).batchSize.record(batchSize);
    },
  };
}
