import { checkNumber } from '../check-options.ts';
import type { ModelMeasurement } from '../measurement/model-measurement.ts';
import { erlangC } from './erlang-c.ts';

/** Utilization from which on a host counts as overloaded: its latency depends on every burst. */
export const MAX_UTILIZATION = 0.95;

/** Additional processor time of a request on several cores: batches are smaller, and processes pass work on. Measured as 10 to 30 % (docs/benchmarks.md). */
export const DEFAULT_MULTICORE_OVERHEAD = 0.15;

/** Smallest variability: arrivals are random even if every request takes equally long (M/D/1). */
const MIN_VARIABILITY = 0.5;

/** Utilizations at which waiting is measured: below, it drowns in the noise; above, a run is too short for a steady state. */
const FITTED = { min: 0.3, max: 0.97 };

/** Latency of a model as a function of load, cores and their speed, for one measured machine. */
export interface LatencyModel {
  /** Processor time of a request at load, in milliseconds, on one core of the measured machine. */
  readonly serviceMs: number;
  /** 99th percentile of the latency with no load, in milliseconds. */
  readonly idleP99Ms: number;
  /** Variability of arrivals and service times, (ca² + cs²) / 2 of Allen and Cunneen; 1 for an M/M/c queue. */
  readonly variability: number;
  /** Additional share of the processor time of a request where a host has several cores. */
  readonly multicoreOverhead: number;
}

/** A host, seen by the model. */
export interface HostLoad {
  readonly requestsPerSecond: number;
  /** Cores that serve; may be a fraction, such as 1.8 of 2 that also run Nginx. */
  readonly cores: number;
  /** Speed of a core, relative to one of the measured machine. @defaultValue `1` */
  readonly speed?: number;
}

/**
 * Fits the latency model to a measurement on one core.
 *
 * Assumptions: requests arrive independently of each other (Poisson); the cores of a host work as one queue; waiting beyond a time
 * falls exponentially, as in an M/M/c queue, scaled by the measured variability (Allen and Cunneen's approximation of G/G/c); latency
 * without waiting and processor time are divided by the speed of a core. A p99 is the p99 with no load and that of waiting, added.
 *
 * @param measurement - measurement on one core
 * @param multicoreOverhead - additional share of processor time on several cores, as a calibration measured it
 *
 * @example
 * ```ts
 * import { exampleMeasurement, fitLatencyModel, predictP99Ms } from '@fairlead/sizing';
 *
 * const model = fitLatencyModel(exampleMeasurement);
 * console.log(predictP99Ms(model, { requestsPerSecond: 1000, cores: 2 }).toFixed(1)); // 4.8
 * ```
 */
export function fitLatencyModel(
  { idle, saturation, points }: Pick<ModelMeasurement, 'idle' | 'saturation' | 'points'>,
  multicoreOverhead: number = DEFAULT_MULTICORE_OVERHEAD,
): LatencyModel {
  checkNumber('multicoreOverhead', multicoreOverhead, -0.9, 10);
  const serviceMs = saturation.processorMs;
  const fitted = points.flatMap(({ utilization, p99Ms }) => {
    if (utilization < FITTED.min || utilization > FITTED.max) return [];
    const waitedMs = Math.max(0, p99Ms - idle.p99Ms);
    // Solves P(wait > t) = 1 % for the variability, with one server.
    return [(waitedMs * (1 - utilization)) / (serviceMs * Math.log(100 * utilization))];
  });
  const variability = fitted.length === 0 ? 1 : Math.max(MIN_VARIABILITY, median(fitted));
  return { serviceMs, idleP99Ms: idle.p99Ms, variability, multicoreOverhead };
}

/** Returns the requests a second that a host computes if it is never idle. */
export function capacityOf(
  { serviceMs, multicoreOverhead }: LatencyModel,
  { cores, speed = 1 }: Omit<HostLoad, 'requestsPerSecond'>,
): number {
  return (1000 * cores * speed) / (serviceMs * (cores > 1 ? 1 + multicoreOverhead : 1));
}

/** Waiting in a host: the chance to wait at all, and the time constant of the exponential tail, in milliseconds. */
function waiting(model: LatencyModel, host: HostLoad): { chance: number; tauMs: number } {
  const capacity = capacityOf(model, host);
  const utilization = host.requestsPerSecond / capacity;
  const servers = Math.max(1, Math.round(host.cores));
  if (utilization >= 1) return { chance: 1, tauMs: Infinity };
  const meanGapMs = 1000 / capacity;
  return {
    chance: erlangC(servers, utilization),
    tauMs: (model.variability * meanGapMs) / (1 - utilization),
  };
}

/**
 * Predicts the 99th percentile of the latency, in milliseconds; `Infinity` for a host that gets more than it computes.
 *
 * @example
 * ```ts
 * import { exampleMeasurement, fitLatencyModel, predictP99Ms } from '@fairlead/sizing';
 *
 * const model = fitLatencyModel(exampleMeasurement);
 * console.log(predictP99Ms(model, { requestsPerSecond: 50_000, cores: 2 })); // Infinity
 * ```
 */
export function predictP99Ms(model: LatencyModel, host: HostLoad): number {
  const { chance, tauMs } = waiting(model, host);
  if (tauMs === Infinity) return Infinity;
  const waitedMs = chance <= 0.01 ? 0 : tauMs * Math.log(chance / 0.01);
  return model.idleP99Ms / (host.speed ?? 1) + waitedMs;
}

/**
 * Predicts the share of requests that take longer than `goalMs`, from 0 to 1, if a request waits for at least `delayMs` before.
 *
 * @internal
 */
export function predictLateShare(
  model: LatencyModel,
  host: HostLoad,
  goalMs: number,
  delayMs = 0,
): number {
  const slackMs = goalMs - model.idleP99Ms / (host.speed ?? 1) - delayMs;
  if (slackMs < 0) return 1;
  const { chance, tauMs } = waiting(model, host);
  return tauMs === Infinity ? 1 : chance * Math.exp(-slackMs / tauMs);
}

/**
 * Returns the highest number of requests a second for which the 99th percentile of the latency stays within `goalMs`; 0 if no load does.
 *
 * @example
 * ```ts
 * import { exampleMeasurement, fitLatencyModel, highestRate } from '@fairlead/sizing';
 *
 * const model = fitLatencyModel(exampleMeasurement);
 * console.log(Math.round(highestRate(model, { cores: 1 }, 20)), highestRate(model, { cores: 1 }, 1)); // 1794 0
 * ```
 */
export function highestRate(
  model: LatencyModel,
  host: Omit<HostLoad, 'requestsPerSecond'>,
  goalMs: number,
): number {
  const within = (requestsPerSecond: number): boolean =>
    predictP99Ms(model, { ...host, requestsPerSecond }) <= goalMs;
  let low = 0;
  let high = capacityOf(model, host) * MAX_UTILIZATION;
  if (within(high)) return high;
  if (!within(low)) return 0;
  for (let step = 0; step < 50; step += 1) {
    const middle = (low + high) / 2;
    if (within(middle)) low = middle;
    else high = middle;
  }
  return low;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
