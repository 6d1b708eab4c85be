import { checkInteger, checkNumber, checkOptions, invalidOption } from '../check-options.ts';
import {
  capacityOf,
  MAX_UTILIZATION,
  predictLateShare,
  type LatencyModel,
} from '../queue/latency-model.ts';
import { countOscillations } from './count-oscillations.ts';
import { HostScaling, type HostScalingOptions, type ScalingAction } from './host-scaling.ts';
import type { Traffic } from './traffic.ts';

/** Options of {@link simulateScaling}. */
export interface SimulateScalingOptions extends HostScalingOptions {
  readonly traffic: Traffic;
  readonly model: LatencyModel;
  /** Cores of a host that serve, and their speed relative to the measured machine. */
  readonly host: { readonly cores: number; readonly speed: number };
  /** Goal of the latency, in milliseconds. */
  readonly goalMs: number;
}

/** Result of a simulation. */
export interface ScalingSimulation {
  readonly requests: number;
  /** Share of requests within the goal, from 0 to 1. */
  readonly withinGoal: number;
  readonly hostHours: number;
  readonly mostHosts: number;
  readonly fewestHosts: number;
  readonly actions: readonly ScalingAction[];
  readonly oscillations: number;
  /** Smallest number of hosts that never changes with at least the same share within the goal. */
  readonly fixed: {
    readonly hosts: number;
    readonly withinGoal: number;
    readonly hostHours: number;
  };
}

/** Longest time that requests wait in the gateway's queue before they are refused, in seconds: more than any goal. */
const MAX_BACKLOG_SECONDS = 10;

/**
 * Simulates the auto scaling of the construct `ModelService` over traffic, against the best number of hosts that never changes.
 *
 * Hosts share the traffic equally. Requests above the capacity wait, and are refused (which counts as late) when they would wait for 10 seconds.
 *
 * @example
 * ```ts
 * import { exampleMeasurement, fitLatencyModel, generateDay, simulateScaling } from '@fairlead/sizing';
 *
 * const { oscillations, hostHours, fixed } = simulateScaling({
 *   traffic: generateDay({ peakPerSecond: 10_000 }),
 *   model: fitLatencyModel(exampleMeasurement),
 *   host: { cores: 1.7, speed: 1 },
 *   ...{ goalMs: 50, requestsPerTarget: 120_000, minHosts: 2, maxHosts: 20, warmUpSeconds: 62 },
 * });
 * console.log(oscillations, hostHours < fixed.hostHours); // 0 true
 * ```
 */
export function simulateScaling(options: SimulateScalingOptions): ScalingSimulation {
  checkOptions('simulateScaling', options, {
    ...{ traffic: 'required', model: 'required', host: 'required', goalMs: 'required' },
    ...{ requestsPerTarget: 'required', minHosts: 'required', maxHosts: 'required' },
    warmUpSeconds: 'required',
  });
  const { traffic, minHosts, maxHosts } = options;
  checkInteger('minHosts', minHosts, 1, 10_000);
  checkInteger('maxHosts', maxHosts, minHosts, 10_000);
  checkNumber('requestsPerTarget', options.requestsPerTarget, 1, 1e9);
  checkNumber('warmUpSeconds', options.warmUpSeconds, 0, 86_400);
  checkNumber('goalMs', options.goalMs, 0.1, 3_600_000);
  if (traffic.rates.length === 0) throw invalidOption('traffic has no steps.');
  const first = ((traffic.rates[0] ?? 0) * 60) / options.requestsPerTarget;
  const start = Math.min(maxHosts, Math.max(minHosts, Math.ceil(first)));
  const hosts = new HostScaling(options, start);
  const scaled = run(options, hosts);
  return {
    ...scaled,
    actions: hosts.actions,
    oscillations: countOscillations(hosts.actions),
    fixed: bestFixed(options, scaled.withinGoal),
  };
}

/** Hosts over time: those of auto scaling, or always as many. */
type Hosts = Pick<HostScaling, 'running' | 'serving' | 'endMinute'>;

function run(
  { traffic, model, host, goalMs }: SimulateScalingOptions,
  hosts: Hosts,
): Omit<ScalingSimulation, 'actions' | 'oscillations' | 'fixed'> {
  const { stepSeconds, rates } = traffic;
  const capacity = capacityOf(model, host);
  let [requests, late, hostSeconds, backlog, minute] = [0, 0, 0, 0, 0];
  let [mostHosts, fewestHosts] = [hosts.running, hosts.running];
  rates.forEach((rate, step) => {
    const second = step * stepSeconds;
    const serving = hosts.serving(second);
    const total = capacity * serving;
    const arrived = rate * stepSeconds;
    const queued = Math.max(0, backlog + arrived - total * stepSeconds);
    // The mean of the step: what waits at its begin and at its end.
    const delayMs = ((backlog + queued) / 2 / total) * 1000;
    const perHost = Math.min(rate / serving, capacity * MAX_UTILIZATION);
    const load = { ...host, requestsPerSecond: perHost };
    const refused = Math.max(0, queued - total * MAX_BACKLOG_SECONDS);
    const answered = arrived - refused;
    late += refused + answered * predictLateShare(model, load, goalMs, delayMs);
    backlog = queued - refused;
    requests += arrived;
    minute += arrived;
    hostSeconds += hosts.running * stepSeconds;
    if ((second + stepSeconds) % 60 === 0) {
      hosts.endMinute(second + stepSeconds, minute);
      minute = 0;
    }
    mostHosts = Math.max(mostHosts, hosts.running);
    fewestHosts = Math.min(fewestHosts, hosts.running);
  });
  const withinGoal = requests === 0 ? 1 : Math.max(0, 1 - late / requests);
  return { requests, withinGoal, hostHours: hostSeconds / 3600, mostHosts, fewestHosts };
}

/** The share within the goal grows with the number of hosts, so that halving finds the smallest one. */
function bestFixed(options: SimulateScalingOptions, atLeast: number): ScalingSimulation['fixed'] {
  const of = (hosts: number): ScalingSimulation['fixed'] => {
    const unchanged: Hosts = { running: hosts, serving: () => hosts, endMinute: () => undefined };
    const { withinGoal, hostHours } = run(options, unchanged);
    return { hosts, withinGoal, hostHours };
  };
  let low = 1;
  let high = 1;
  while (of(high).withinGoal < atLeast && high < 10_000) {
    low = high + 1;
    high *= 2;
  }
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (of(middle).withinGoal >= atLeast) high = middle;
    else low = middle + 1;
  }
  return of(high);
}
