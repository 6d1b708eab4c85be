import type { InferenceMetrics } from '@fairlead/monitoring';
import type { ProcessGroup } from '../process-group/process-group.ts';
import type { ReadMetrics } from './traffic-sampler.ts';

/** Returns a function that reads a few metrics, of all processes where there are several. */
export function metricsReader(
  registry: InferenceMetrics['registry'],
  processes: ProcessGroup | undefined,
): ReadMetrics {
  if (processes !== undefined) return (names) => processes.metrics(names);
  return async (names) => {
    const metrics = await Promise.all(
      names.map(async (name) => {
        const metric = await registry.getSingleMetric(name)?.get();
        return metric === undefined ? [] : [{ name, values: metric.values }];
      }),
    );
    return metrics.flat();
  };
}
