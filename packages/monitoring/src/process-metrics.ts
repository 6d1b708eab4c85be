import { AggregatorRegistry, Registry, type PrometheusContentType } from 'prom-client';
import { checkMethod } from './check-options.ts';

/** All metrics of one process: the result of `registry.getMetricsAsJSON()`, which can be sent between processes. */
export type MetricsSnapshot = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/** Metrics that only grow, and whose growth is lost with the process that counted it. */
const GROWING: ReadonlySet<string> = new Set(['counter', 'histogram', 'summary']);

/**
 * Metrics of several processes as those of one: counters, histograms and most gauges are added up, other gauges combined as the
 * metric says (`aggregator`).
 *
 * What a process counted stays when it ends, so that no counter decreases. Counts since its last snapshot are lost with a
 * process that is killed.
 *
 * @example
 * ```ts
 * import { InferenceMetrics, ProcessMetrics } from '@fairlead/monitoring';
 *
 * const { registry } = new InferenceMetrics();
 * const metrics = new ProcessMetrics();
 * metrics.update(1, await registry.getMetricsAsJSON());
 * console.log((await metrics.page()).includes('nv_inference_count')); // true
 * ```
 */
export class ProcessMetrics {
  /** Metrics of the process that merges those of the others; they are part of them. */
  readonly registry = new Registry();
  readonly #running = new Map<number, MetricsSnapshot>();
  #ended: MetricsSnapshot = [];

  /**
   * Takes the newest snapshot of a process.
   *
   * @throws `MonitoringError` with `ERR_MONITORING_INVALID_OPTION` for a snapshot that isn't an array.
   */
  update(process: number, snapshot: MetricsSnapshot): void {
    checkMethod('snapshot', snapshot, 'filter');
    const before = this.#running.get(process) ?? [];
    this.#running.set(process, snapshot);
    const removed = removedSince(before, snapshot);
    if (removed.length === 0) return;
    this.#keep(removed);
    this.#forget(versionsIn(removed));
  }

  /** Adds what a process has counted to the counts of those that ended; what it measured last is removed. */
  end(process: number): void {
    const last = this.#running.get(process) ?? [];
    this.#running.delete(process);
    this.#keep(last.filter(isGrowing));
  }

  /** Metrics of all processes. */
  async snapshot(): Promise<MetricsSnapshot> {
    return (await this.#merged()).getMetricsAsJSON();
  }

  /** Metrics of all processes as text for Prometheus. */
  async page(): Promise<string> {
    return (await this.#merged()).metrics();
  }

  async #merged(): Promise<Registry> {
    const own = await this.registry.getMetricsAsJSON();
    return merged([own, ...this.#running.values(), this.#ended]);
  }

  #keep(counts: MetricsSnapshot): void {
    // A merged metric has its values as a snapshot has them.
    this.#ended = merged([this.#ended, counts]).getMetricsAsArray() as MetricsSnapshot;
  }

  /** Removes the counts of versions that processes have removed, unless one still has them. */
  #forget(removed: ReadonlySet<string>): void {
    const present = versionsIn([...this.#running.values()].flat());
    const isRemoved = ({ labels }: MetricValue): boolean => {
      const version = versionOf(labels) ?? '';
      return removed.has(version) && !present.has(version);
    };
    this.#ended = this.#ended.map((metric) => ({
      ...metric,
      values: metric.values.filter((value) => !isRemoved(value)),
    }));
  }
}

type MetricValue = MetricsSnapshot[number]['values'][number];

/** Returns the versions that metrics have values of. */
function versionsIn(metrics: MetricsSnapshot): ReadonlySet<string> {
  return new Set(
    metrics.flatMap(({ values }) => values.flatMap(({ labels }) => versionOf(labels) ?? [])),
  );
}

/** Returns the version that a value belongs to; undefined for a value of the whole process. */
function versionOf({ model, version }: MetricValue['labels']): string | undefined {
  return model === undefined || version === undefined ? undefined : `${model}\n${version}`;
}

function isGrowing({ type }: MetricsSnapshot[number]): boolean {
  return GROWING.has(String(type));
}

/** Returns the counts that a process has removed, as it does when it unloads a version: another one may still serve it. */
function removedSince(before: MetricsSnapshot, now: MetricsSnapshot): MetricsSnapshot {
  return before.filter(isGrowing).flatMap((metric) => {
    const current = now.find(({ name }) => name === metric.name)?.values ?? [];
    const present = new Set(current.map(keyOf));
    const values = metric.values.filter((value) => !present.has(keyOf(value)));
    return values.length > 0 ? [{ ...metric, values }] : [];
  });
}

function keyOf(value: MetricValue): string {
  // Of a histogram, the values of one series have different names.
  const { metricName = '' } = value as { readonly metricName?: string };
  return metricName + JSON.stringify(value.labels);
}

function merged(snapshots: readonly MetricsSnapshot[]): Registry {
  return AggregatorRegistry.aggregate<PrometheusContentType>([...snapshots]);
}
