import type {
  Calibration,
  HostScalingOptions,
  ModelMeasurement,
  Recommendation,
  ScalingSimulation,
  SizedType,
  Traffic,
} from '@fairlead/sizing';
import { readText } from '../../read-file.ts';
import { hostsOptions } from './hosts-options.ts';
import type { SizeOptions } from './size.ts';

/** A simulated day, and the hosts that it was simulated with. */
export interface SimulatedDay extends ScalingSimulation {
  /** File with the traffic, or `generated` with its seed. */
  readonly traffic: string;
  readonly type: string;
  readonly requestsPerTarget: number;
  readonly minHosts: number;
  readonly maxHosts: number;
  readonly warmUpSeconds: number;
}

/** Height of the bursts of a generated day: its busiest minute is about the peak that the hosts are sized for. */
const BURST_FACTOR = 1.8;

/** Simulates auto scaling with the numbers of a recommendation. */
export async function simulate(
  options: SizeOptions,
  { best, goal }: Recommendation,
  measured: {
    readonly measurement: ModelMeasurement;
    readonly calibration: Calibration | undefined;
  },
): Promise<SimulatedDay> {
  const { fitLatencyModel, simulateScaling } = await import('@fairlead/sizing');
  const { measurement, calibration } = measured;
  const { traffic, name } = await openTraffic(options, goal.peakPerSecond);
  const scaling = scalingOf(best, options.spareHosts);
  return {
    ...{ traffic: name, type: best.type, ...scaling },
    ...simulateScaling({
      ...{ ...scaling, traffic, host: best.host, goalMs: goal.p99Ms },
      model: fitLatencyModel(measurement, calibration?.multicoreOverhead),
    }),
  };
}

async function openTraffic(
  { simulate: file, seed }: SizeOptions,
  peakPerSecond: number,
): Promise<{ readonly traffic: Traffic; readonly name: string }> {
  const { generateDay, readTraffic } = await import('@fairlead/sizing');
  if (typeof file === 'string')
    return { traffic: readTraffic(await readText(file, 'traffic')), name: file };
  const day = { peakPerSecond: peakPerSecond / BURST_FACTOR, burstFactor: BURST_FACTOR, seed };
  return { traffic: generateDay(day), name: `a generated day (seed ${seed})` };
}

function scalingOf(best: SizedType, spareHosts: number): HostScalingOptions {
  const { min, max, scaling } = hostsOptions(best, spareHosts);
  return {
    requestsPerTarget: scaling.requestsPerSecond * 60,
    warmUpSeconds: best.warmUpSeconds,
    minHosts: min,
    maxHosts: max,
  };
}
