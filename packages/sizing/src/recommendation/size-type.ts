import {
  BURST_SURCHARGE,
  type Architecture,
  type InstanceType,
  type Processor,
} from '../instances/instance-type.ts';
import type { ModelMeasurement } from '../measurement/model-measurement.ts';
import {
  capacityOf,
  highestRate,
  predictP99Ms,
  type LatencyModel,
} from '../queue/latency-model.ts';
import { throughputError, type ErrorRange, type MeasuredSpeed } from './error-range.ts';

/** Hours of a month, as AWS computes its prices. */
const HOURS_PER_MONTH = 730;

/** Share of the cores for the gateway: Nginx ends TLS, and the system, agents and log writers need the rest. */
const GATEWAY_SHARE = 0.85;

/** Memory for the system, Nginx and agents, in bytes. */
const SYSTEM_BYTES = 512 * 1024 ** 2;

/** Memory of a process under load, relative to its memory after the load. */
const MEMORY_MARGIN = 1.5;

/** Time of a new host until it starts the gateway, in seconds: boot, cloud-init, installed release. */
const BOOT_SECONDS = 60;

/** Share of the load at the goal that auto scaling aims at: traffic grows while a new host starts. */
const TARGET_SHARE = 0.7;

const MAX_HOSTS = 1000;

/** A value with the ends of its error. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** Hosts of one instance type that meet the goal. */
export interface SizedType {
  readonly type: string;
  readonly architecture: Architecture;
  readonly burstable: boolean;
  /** Cores of a host that serve, and their speed relative to the measured machine. */
  readonly host: { readonly cores: number; readonly speed: number };
  /** Number of hosts, those that may fail included; enough at the pessimistic end of the error. */
  readonly hosts: number;
  readonly hostsRange: Range;
  /** Processes of the gateway on each host. */
  readonly processes: number;
  /** Cost of a month on demand, in US dollars, surcharges of burstable types included; without load balancer, disks and traffic. */
  readonly monthlyCost: number;
  readonly monthlyCostRange: Range;
  /** Requests a second for which one host keeps the goal, at the pessimistic end of the error. */
  readonly requestsPerSecondPerHost: number;
  readonly requestsPerSecondPerHostRange: Range;
  /** Predicted 99th percentile at the peak with all hosts, in milliseconds. */
  readonly p99Ms: number;
  /** Share of the gateway's cores that is busy at the peak, with all hosts, from 0 to 1. */
  readonly utilizationAtPeak: number;
  /** Memory of the gateway and the system on a host, in bytes. */
  readonly memoryBytes: number;
  /** Time until a new host serves, in seconds: boot and load of the model. */
  readonly warmUpSeconds: number;
  /** Requests a minute for each host that target tracking aims at (`ALBRequestCountPerTarget`). */
  readonly requestsPerTarget: number;
}

/** Measurement, goal and prices that every type is sized by. */
export interface TypeContext {
  readonly measurement: ModelMeasurement;
  readonly model: LatencyModel;
  readonly measured: MeasuredSpeed;
  readonly errors: ErrorRange;
  readonly region: string;
  readonly p99Ms: number;
  readonly spareHosts: number;
  readonly meanPerSecond: number;
  readonly peakPerSecond: number;
  readonly processors: ReadonlyMap<string, Processor>;
  readonly processesFor: (host: {
    readonly cores: number;
    readonly memoryBytes: number;
    readonly processBytes: number;
  }) => number;
}

/** Sizes the hosts of one type, or rejects it with a reason. */
export function sizeType(
  type: InstanceType,
  context: TypeContext,
): SizedType | { readonly type: string; readonly reason: string } {
  const { measurement, model, errors, p99Ms, spareHosts, peakPerSecond } = context;
  const reject = (reason: string) => ({ type: type.type, reason });
  const processor = context.processors.get(type.processor);
  if (processor === undefined) return reject(`its processor ${type.processor} is unknown`);
  const processBytes = measurement.memoryBytes * MEMORY_MARGIN;
  const freeBytes = type.memoryBytes * 0.95 - SYSTEM_BYTES;
  if (processBytes > freeBytes) {
    return reject(
      `one process needs ${gibibytes(processBytes)} of its ${gibibytes(type.memoryBytes)} GiB of memory`,
    );
  }
  const host = {
    cores: type.vcpus * GATEWAY_SHARE,
    speed: processor.speed / context.measured.speed,
  };
  const error = throughputError(errors, context.measured, processor);
  const rate = (direction: 1 | -1): number => {
    const factor = 1 + direction * error;
    const goalMs = p99Ms * (1 + errors.latency) ** direction;
    return highestRate(model, { ...host, speed: host.speed * factor }, goalMs);
  };
  const rates = { low: rate(-1), high: rate(1) };
  if (rates.low === 0) {
    const idleMs = model.idleP99Ms / host.speed;
    return reject(
      `its p99 with no load is ${idleMs.toFixed(1)} ms, with an error by a factor of ${(1 + errors.latency).toFixed(2)}${errors.latencyCalibrated ? '' : ', which a calibration (--calibrate) replaces by its own'}`,
    );
  }
  const needed = (perHost: number): number => Math.ceil(peakPerSecond / perHost) + spareHosts;
  const hosts = needed(rates.low);
  if (hosts > MAX_HOSTS) return reject(`it would take ${hosts} hosts`);
  const hostsRange = { low: needed(rates.high), high: hosts };
  const cost = (count: number): number => monthlyCost(type, context, host, count);
  const processes = context.processesFor({
    ...{ cores: type.vcpus, memoryBytes: freeBytes, processBytes },
  });
  return {
    type: type.type,
    architecture: type.architecture,
    burstable: type.baseline !== undefined,
    ...{ host, hosts, hostsRange, processes },
    monthlyCost: cost(hosts),
    monthlyCostRange: { low: cost(hostsRange.low), high: cost(hosts) },
    requestsPerSecondPerHost: rates.low,
    requestsPerSecondPerHostRange: rates,
    p99Ms: predictP99Ms(model, { ...host, requestsPerSecond: peakPerSecond / hosts }),
    utilizationAtPeak: peakPerSecond / hosts / capacityOf(model, host),
    memoryBytes: processes * processBytes + SYSTEM_BYTES,
    warmUpSeconds: Math.ceil(BOOT_SECONDS + measurement.loadMs / 1000 / host.speed),
    requestsPerTarget: Math.max(1, Math.floor(rates.low * TARGET_SHARE * 60)),
  };
}

/** Price of the hosts, with what a burstable type costs above its baseline at the mean load. */
function monthlyCost(
  type: InstanceType,
  { region, meanPerSecond, model }: TypeContext,
  host: { readonly cores: number; readonly speed: number },
  hosts: number,
): number {
  const price = type.pricePerHour[region] ?? 0;
  // The mean of busy hours, taken for all of them: a night only makes it cheaper.
  const used = Math.min(1, meanPerSecond / hosts / capacityOf(model, host)) * GATEWAY_SHARE;
  const above = type.baseline === undefined ? 0 : Math.max(0, used - type.baseline);
  const surcharge = above * type.vcpus * BURST_SURCHARGE[type.architecture];
  return hosts * (price + surcharge) * HOURS_PER_MONTH;
}

function gibibytes(bytes: number): string {
  return (bytes / 1024 ** 3).toFixed(1);
}
