import { MonitoringError } from './monitoring-error.ts';

/** Refuses a registry that already holds one of `names`, before anything was added to it. */
export function requireFreeNames(
  registry: { getSingleMetric(name: string): unknown },
  names: Iterable<string>,
): void {
  for (const name of names) {
    if (registry.getSingleMetric(name) !== undefined) {
      throw new MonitoringError(
        'ERR_MONITORING_METRIC_NAME_TAKEN',
        `The registry already has a metric named "${name}". Create its owner once per registry and share it, or give this one a registry of its own.`,
      );
    }
  }
}
