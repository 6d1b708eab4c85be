import { checkMethod } from './check-options.ts';
import { MonitoringError } from './monitoring-error.ts';

/** Rejects a registry that already has one of `names`, before anything is added to it. */
export function checkMetricNames(
  registry: { getSingleMetric(name: string): unknown },
  names: Iterable<string>,
): void {
  checkMethod('registry', registry, 'getSingleMetric');
  for (const name of names) {
    if (registry.getSingleMetric(name) !== undefined) {
      throw new MonitoringError(
        'ERR_MONITORING_METRIC_NAME_TAKEN',
        `The registry already has a metric named "${name}". Create its owner once per registry and share it, or use a separate registry.`,
      );
    }
  }
}
