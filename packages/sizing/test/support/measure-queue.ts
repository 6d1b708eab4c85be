import type { LoadPoint, ModelMeasurement } from '@fairlead/sizing';
import { exampleMeasurement } from '@fairlead/sizing';
import { percentile, simulateQueue, type ServiceTime } from './simulate-queue.ts';

/** Measures a simulated queue at rates, as `measureGateway` does a gateway. */
export function measureQueue(
  service: ServiceTime,
  servers: number,
): Pick<ModelMeasurement, 'idle' | 'points' | 'saturation'> {
  const capacity = servers * 1000;
  const at = (load: number, seed: number): LoadPoint => {
    const sorted = simulateQueue({ servers, service, perSecond: capacity * load, seed });
    return {
      ...{ offeredPerSecond: capacity * load, utilization: load, availableCores: servers },
      ...{ p50Ms: percentile(sorted, 0.5), p99Ms: percentile(sorted, 0.99) },
      ...{ processorMs: 1, requests: sorted.length, failed: 0 },
    };
  };
  const { p50Ms, p99Ms } = at(0.1, 7);
  return {
    idle: { p50Ms, p99Ms },
    points: [at(0.5, 1), at(0.7, 2), at(0.85, 3)],
    saturation: {
      ...{ requestsPerSecond: capacity, processorMs: 1, availableCores: servers, failed: 0 },
    },
  };
}

/** A whole measurement of a simulated queue with one server. */
export function measurementOf(service: ServiceTime): ModelMeasurement {
  return { ...exampleMeasurement, ...measureQueue(service, 1) };
}
