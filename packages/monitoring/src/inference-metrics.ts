import { Counter, Gauge, Registry } from 'prom-client';
import { registerBucketHistogram, type BucketCounts } from './bucket-histogram.ts';
import { checkMetricNames } from './check-metric-names.ts';
import { checkInteger, checkOptions } from './check-options.ts';
import type {
  ExecutedEvent,
  FallbackUsedEvent,
  FailureReason,
  InferenceEvent,
  InferenceFinishedEvent,
  InferenceObserver,
} from './inference-observer.ts';
import type { OptionNames } from './options-problem.ts';
import { VersionTallies, failureReasons } from './version-tallies.ts';
import type { VersionTally } from './version-tallies.ts';

/** Options of {@link InferenceMetrics}. */
export interface InferenceMetricsOptions {
  /**
   * Registry of the metrics.
   *
   * @defaultValue a new registry, readable as `metrics.registry`
   */
  readonly registry?: Registry;
  /**
   * Maximum number of versions with series at one time; a further one replaces the one that has been idle longest.
   *
   * @defaultValue 256
   */
  readonly maxVersions?: number;
}

const optionNames: OptionNames<InferenceMetricsOptions> = {
  registry: 'optional',
  maxVersions: 'optional',
};

const labelNames = ['model', 'version'] as const;

/** Counters with the labels `model` and `version` only: help text, and how to read the value from a tally. */
const counters: Record<string, { help: string; read: (tally: VersionTally) => number }> = {
  nv_inference_request_success: {
    help: 'Inference requests answered with a result.',
    read: (tally) => tally.successes,
  },
  nv_inference_count: {
    help: 'Inferences performed: rows of the successful requests that were not answered from a cache.',
    read: (tally) => tally.inferences,
  },
  nv_inference_exec_count: {
    help: 'Executions by the runtime; one execution may serve a batch of requests.',
    read: (tally) => tally.executions,
  },
  nv_cache_num_hits_per_model: {
    help: 'Requests answered from the response cache, or by the execution of another request.',
    read: (tally) => tally.cacheHits,
  },
  nv_cache_num_misses_per_model: {
    help: 'Requests that were looked up in the response cache and not found.',
    read: (tally) => tally.cacheMisses,
  },
  nv_inference_request_duration_us: {
    help: 'Cumulative end-to-end time of the successful requests, in microseconds.',
    read: (tally) => Math.round(tally.requestMs * 1000),
  },
  nv_inference_queue_duration_us: {
    help: 'Cumulative time the successful requests waited for a runtime, in microseconds.',
    read: (tally) => Math.round(tally.queueMs * 1000),
  },
  nv_inference_compute_infer_duration_us: {
    help: 'Cumulative time the successful requests spent in the runtime, in microseconds.',
    read: (tally) => Math.round(tally.computeMs * 1000),
  },
};

const failureName = 'nv_inference_request_failure';
const pendingName = 'nv_inference_pending_request_count';
const fallbackName = 'fairlead_fallback_requests_total';

const histograms: Record<string, { help: string; read: (tally: VersionTally) => BucketCounts }> = {
  fairlead_request_duration_seconds: {
    help: 'End-to-end time of the successful requests, in seconds.',
    read: (tally) => tally.requestSeconds,
  },
  fairlead_queue_duration_seconds: {
    help: 'Time the successful requests waited for a runtime, in seconds.',
    read: (tally) => tally.queueSeconds,
  },
  fairlead_batch_size: {
    help: 'Rows that ran together in one execution.',
    read: (tally) => tally.batchSize,
  },
};

/**
 * Metrics of a model server, with Triton's Prometheus names, plus histograms.
 *
 * Pass it to the server as observer, and its `registry` to {@link metricsHandler}. As in Triton, durations and
 * `nv_inference_count` are those of successful requests: duration divided by successes is the mean latency,
 * and a burst of quick refusals does not look like a fast service.
 *
 * @example
 * ```ts
 * import { InferenceMetrics } from '@fairlead/monitoring';
 *
 * const metrics = new InferenceMetrics();
 * metrics.inferenceStarted({ model: 'digits', version: '1' });
 * const page = await metrics.registry.metrics();
 * console.log(page.includes('model="digits"')); // true
 * ```
 */
export class InferenceMetrics implements InferenceObserver {
  /** Registry of the metrics. */
  readonly registry: Registry;
  readonly #tallies: VersionTallies;
  readonly #fallbacks: Counter<'model' | 'fallback_model' | 'reason'>;

  /**
   * @throws `MonitoringError` with `ERR_MONITORING_METRIC_NAME_TAKEN` if the registry has metrics of these names, or
   * `ERR_MONITORING_INVALID_OPTION`.
   */
  constructor(options: InferenceMetricsOptions = {}) {
    const { registry = new Registry(), maxVersions = 256 } = checkOptions(
      'new InferenceMetrics',
      options,
      optionNames,
    );
    checkInteger('maxVersions', maxVersions);
    checkMetricNames(registry, [
      ...Object.keys(counters),
      failureName,
      pendingName,
      fallbackName,
      ...Object.keys(histograms),
    ]);
    const registers = [registry];
    const tallies = new VersionTallies(maxVersions);
    this.registry = registry;
    this.#tallies = tallies;
    for (const [name, { help, read }] of Object.entries(histograms)) {
      registerBucketHistogram(registry, {
        name,
        help,
        *series() {
          for (const tally of tallies.values()) yield { labels: tally.labels, counts: read(tally) };
        },
      });
    }

    // The totals are plain numbers, copied at each scrape: prom-client hashes the labels on every inc(), even
    // on a child handle, which takes about 400 ns against 1 ns, seven times per request.
    for (const [name, { help, read }] of Object.entries(counters)) {
      new Counter({
        name,
        help,
        labelNames,
        registers,
        collect() {
          this.reset();
          for (const tally of tallies.values()) this.inc(tally.labels, read(tally));
        },
      });
    }
    new Counter({
      name: failureName,
      help: 'Inference requests that failed, by reason.',
      labelNames: [...labelNames, 'reason'],
      registers,
      collect() {
        this.reset();
        for (const { labels, failures } of tallies.values()) {
          for (const reason of failureReasons) this.inc({ ...labels, reason }, failures[reason]);
        }
      },
    });
    this.#fallbacks = new Counter({
      name: fallbackName,
      help: 'Requests forwarded to a fallback; their outcome is counted at the fallback only.',
      labelNames: ['model', 'fallback_model', 'reason'],
      registers,
    });
    new Gauge({
      name: pendingName,
      help: 'Inference requests accepted and not yet answered.',
      labelNames,
      registers,
      collect() {
        this.reset();
        for (const tally of tallies.values()) this.set(tally.labels, tally.pending);
      },
    });
  }

  /** Creates the series of a version, at 0, before its first request: `rate()` then includes that request. */
  track(model: string, version: string): void {
    this.#tallies.obtain(model, version);
  }

  /** Removes the series of a version that is no longer served, once its last pending request is finished. */
  forget(model: string, version: string): void {
    this.#tallies.forget(model, version);
  }

  inferenceStarted({ model, version }: InferenceEvent): void {
    this.#tallies.obtain(model, version).pending += 1;
  }

  inferenceFinished(event: InferenceFinishedEvent): void {
    const { model, version } = event;
    const tally = this.#tallies.find(model, version) ?? this.#tallies.obtain(model, version);
    if (event.cache === 'hit') tally.cacheHits += 1;
    if (event.cache === 'miss') tally.cacheMisses += 1;
    if (event.outcome === 'success') {
      const requestMs = durationOf(event.requestDurationMs);
      const queueMs = durationOf(event.queueDurationMs);
      tally.successes += 1;
      if (event.cache !== 'hit') tally.inferences += durationOf(event.rows);
      tally.requestMs += requestMs;
      tally.queueMs += queueMs;
      tally.computeMs += durationOf(event.computeDurationMs);
      tally.requestSeconds.observe(requestMs / 1000);
      tally.queueSeconds.observe(queueMs / 1000);
    } else if (event.outcome === 'failure') {
      const reason: FailureReason = event.reason ?? 'OTHER';
      tally.failures[reason] += 1;
    }
    this.#tallies.release(tally);
  }

  executed({ model, version, batchSize }: ExecutedEvent): void {
    // Never creates series: a late execution of a removed version would restore it permanently.
    const tally = this.#tallies.find(model, version);
    if (tally === undefined) return;
    tally.executions += 1;
    tally.batchSize.observe(durationOf(batchSize));
  }

  fallbackUsed({ model, fallbackModel, reason }: FallbackUsedEvent): void {
    this.#fallbacks.inc({ model, fallback_model: fallbackModel, reason });
  }
}

/** Counters throw for a negative or infinite value, which an observer must not: such a reading counts 0. */
function durationOf(reading: number): number {
  return reading > 0 && reading < Infinity ? reading : 0;
}
