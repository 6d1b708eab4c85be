import { invalidOption } from '../check-options.ts';
import type { Calibration } from '../calibration/calibrate.ts';
import type { Architecture, InstanceData, Processor } from '../instances/instance-type.ts';
import type { ModelMeasurement } from '../measurement/model-measurement.ts';

/** Errors that widen a recommendation, as shares: 0.2 for 20 %. */
export interface ErrorRange {
  /** Error of the throughput on several cores. */
  readonly throughput: number;
  /** Error of the 99th percentile of the latency. */
  readonly latency: number;
  /** True if a calibration on this machine measured that of the throughput. */
  readonly calibrated: boolean;
  /** True if it measured that of the latency too: not with steps that were all overloaded. */
  readonly latencyCalibrated: boolean;
  /** Source of the measured machine's speed. */
  readonly machine: string;
}

/** Speed of a core of the measured machine, and how well it is known. */
export interface MeasuredSpeed {
  readonly speed: number;
  readonly processor: string | undefined;
  readonly architecture: Architecture | undefined;
  readonly description: string;
}

/** Errors that calibrations on two cores had (docs/sizing.md). */
const USUAL = { throughput: 0.25, latency: 1 };
/** A single calibration can't show less. */
const MIN_ERRORS = { throughput: 0.05, latency: 0.1 };

/** Errors of the published speeds: within an architecture, to the other one, and from an unknown processor. */
const SPEED_ERRORS = { same: 0.05, architecture: 0.15, other: 0.25, unknown: 0.35 };

/** Finds the speed of the measured machine by its processor, or by the instance type that it is. */
export function measuredSpeed(
  { machine }: ModelMeasurement,
  { processors, types }: InstanceData,
  measuredOn: string | undefined,
): MeasuredSpeed {
  const byName = (name: string | undefined): Processor | undefined =>
    processors.find((each) => each.name === name);
  if (measuredOn !== undefined) {
    const type = types.find((each) => each.type === measuredOn);
    if (type === undefined) {
      throw invalidOption(
        `measuredOn ${JSON.stringify(measuredOn)} is not in the instance data: name a type such as ${types[0]?.type ?? 'm8g.large'}.`,
      );
    }
    return known(byName(type.processor), `instance type ${measuredOn}`);
  }
  const processor = byName(machine.processor);
  return known(processor, `processor ${machine.processor ?? machine.model}`);
}

function known(processor: Processor | undefined, description: string): MeasuredSpeed {
  if (processor !== undefined) {
    const { speed, name, architecture } = processor;
    return { speed, processor: name, architecture, description };
  }
  return {
    ...{ speed: 1.15, processor: undefined, architecture: undefined },
    description: `${description}, which EC2 doesn't have: taken as fast as Ice Lake; --measured-on names a type`,
  };
}

/** Errors of the latency model, by a calibration or by experience. */
export function modelErrors(
  calibration: Calibration | undefined,
  { description: machine }: MeasuredSpeed,
): ErrorRange {
  if (calibration === undefined) {
    return { ...USUAL, calibrated: false, latencyCalibrated: false, machine };
  }
  return {
    throughput: Math.max(MIN_ERRORS.throughput, calibration.throughputError),
    latency: Math.max(MIN_ERRORS.latency, calibration.latencyError ?? USUAL.latency),
    calibrated: true,
    latencyCalibrated: calibration.latencyError !== undefined,
    machine,
  };
}

/** Error of the throughput on another processor: that of the model and that of the published speed, which are independent. */
export function throughputError(
  errors: ErrorRange,
  measured: MeasuredSpeed,
  target: Processor,
): number {
  const speedError =
    measured.processor === undefined
      ? SPEED_ERRORS.unknown
      : measured.processor === target.name
        ? SPEED_ERRORS.same
        : measured.architecture === target.architecture
          ? SPEED_ERRORS.architecture
          : SPEED_ERRORS.other;
  return Math.min(0.9, Math.hypot(errors.throughput, speedError));
}
