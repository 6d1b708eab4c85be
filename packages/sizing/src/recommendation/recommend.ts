import { checkInteger, checkNumber, checkOptions, invalidOption } from '../check-options.ts';
import type { Calibration } from '../calibration/calibrate.ts';
import type { Architecture, InstanceData, InstanceType } from '../instances/instance-type.ts';
import type { ModelMeasurement } from '../measurement/model-measurement.ts';
import { fitLatencyModel } from '../queue/latency-model.ts';
import { SizingError } from '../sizing-error.ts';
import { sizeType, type SizedType, type TypeContext } from './size-type.ts';
import { measuredSpeed, modelErrors, type ErrorRange } from './error-range.ts';

/** Options of {@link recommend}. */
export interface RecommendOptions {
  readonly measurement: ModelMeasurement;
  readonly instances: InstanceData;
  /** Mean requests a second of the busiest hours, all hosts together. */
  readonly requestsPerSecond: number;
  /** Peak of the traffic, as a multiple of `requestsPerSecond`. @defaultValue `2` */
  readonly peakFactor?: number;
  /** Goal of the 99th percentile of the latency at the gateway, in milliseconds. */
  readonly p99Ms: number;
  /** Hosts that may fail at the peak, with the goal still met. @defaultValue `1` */
  readonly spareHosts?: number;
  /** Region of the prices. @defaultValue `'eu-central-1'` */
  readonly region?: string;
  /** Instance type that the measurement was made on, if its processor isn't recognized. */
  readonly measuredOn?: string;
  /** Calibration of the same measurement; without it the usual error is assumed. */
  readonly calibration?: Calibration;
  /** Number of the gateway's processes on a host. @defaultValue one for each core, as far as 80 % of the memory allows */
  readonly processesFor?: (host: {
    readonly cores: number;
    readonly memoryBytes: number;
    readonly processBytes: number;
  }) => number;
}

/** Recommended hosts, with the second choices. */
export interface Recommendation {
  readonly region: string;
  /** Date of the prices. */
  readonly pricesOf: string;
  readonly goal: {
    readonly requestsPerSecond: number;
    readonly peakPerSecond: number;
    readonly p99Ms: number;
    readonly spareHosts: number;
  };
  /** Cheapest hosts that meet the goal. */
  readonly best: SizedType;
  /** Cheapest other choices, at least one of each architecture if there is one. */
  readonly others: readonly SizedType[];
  /** Types that don't meet the goal, with the reason. */
  readonly rejected: readonly { readonly type: string; readonly reason: string }[];
  readonly errors: ErrorRange;
}

const OTHERS = 5;

/** Share of other work from which on a measured latency is doubtful. */
const DISTURBED = 0.1;

/**
 * Recommends instance type, number of hosts and processes, with the cost of a month on demand.
 *
 * The number of hosts is enough at the pessimistic end of the errors; the range of hosts and cost reaches to the optimistic end.
 *
 * @throws SizingError `ERR_SIZING_GOAL_UNREACHABLE` if no type meets the goal; `ERR_SIZING_INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { exampleMeasurement, publishedInstances, recommend } from '@fairlead/sizing';
 *
 * const { best } = recommend({
 *   measurement: exampleMeasurement,
 *   instances: publishedInstances,
 *   requestsPerSecond: 500,
 *   p99Ms: 50,
 * });
 * console.log(best.type, best.hosts, Math.round(best.monthlyCost)); // t4g.medium 2 56
 * ```
 */
export function recommend(options: RecommendOptions): Recommendation {
  checkOptions('recommend', options, {
    ...{ measurement: 'required', instances: 'required', requestsPerSecond: 'required' },
    ...{ peakFactor: 'optional', p99Ms: 'required', spareHosts: 'optional', region: 'optional' },
    ...{ measuredOn: 'optional', calibration: 'optional', processesFor: 'optional' },
  });
  const { instances, measurement, calibration } = options;
  const { peakFactor = 2, spareHosts = 1, region = 'eu-central-1' } = options;
  const requestsPerSecond = checkNumber('requestsPerSecond', options.requestsPerSecond, 0.01, 1e7);
  const p99Ms = checkNumber('p99Ms', options.p99Ms, 0.1, 3_600_000);
  checkNumber('peakFactor', peakFactor, 1, 1000);
  checkInteger('spareHosts', spareHosts, 0, 100);
  const priced = instances.types.filter(({ pricePerHour }) => Object.hasOwn(pricePerHour, region));
  if (priced.length === 0) throw noPrices(instances, region);
  const measured = measuredSpeed(measurement, instances, options.measuredOn);
  const errors = modelErrors(calibration, measured);
  const context: TypeContext = {
    ...{ measurement, region, p99Ms, spareHosts, errors, measured },
    model: fitLatencyModel(measurement, calibration?.multicoreOverhead),
    meanPerSecond: requestsPerSecond,
    peakPerSecond: requestsPerSecond * peakFactor,
    processors: new Map(instances.processors.map((each) => [each.name, each])),
    processesFor: options.processesFor ?? oneForEachCore,
  };
  const results = priced.map((type) => sizeType(type, context));
  const sized = results
    .flatMap((result) => ('reason' in result ? [] : [result]))
    .toSorted((a, b) => a.monthlyCost - b.monthlyCost || a.type.localeCompare(b.type));
  const [best] = sized;
  const rejected = results.flatMap((result) => ('reason' in result ? [result] : []));
  if (best === undefined) throw unreachable(p99Ms, measurement, rejected);
  return {
    region,
    pricesOf: instances.priceDates[region] ?? 'an unknown date',
    goal: { requestsPerSecond, peakPerSecond: context.peakPerSecond, p99Ms, spareHosts },
    best,
    others: secondChoices(best, sized),
    rejected,
    errors,
  };
}

/** The cheapest types other than the best one, with the cheapest of the other architecture and the cheapest that isn't burstable among them. */
function secondChoices(best: SizedType, sized: readonly SizedType[]): readonly SizedType[] {
  const others = sized.filter(({ type }) => type !== best.type);
  const first = (accepts: (each: SizedType) => boolean): readonly SizedType[] =>
    others.filter(accepts).slice(0, 1);
  const architectures: readonly Architecture[] = ['arm64', 'x86_64'];
  const wanted = new Set([
    ...architectures.flatMap((name) => first((each) => each.architecture === name)),
    ...architectures.flatMap((name) =>
      first((each) => each.architecture === name && !each.burstable),
    ),
    ...others.slice(0, OTHERS),
  ]);
  return others.filter((each) => wanted.has(each)).slice(0, OTHERS + architectures.length);
}

function oneForEachCore(host: {
  readonly cores: number;
  readonly memoryBytes: number;
  readonly processBytes: number;
}): number {
  return Math.max(1, Math.min(host.cores, Math.floor(host.memoryBytes / host.processBytes)));
}

function noPrices({ types }: InstanceData, region: string): SizingError {
  const regions = new Set(
    types.flatMap(({ pricePerHour }: InstanceType) => Object.keys(pricePerHour)),
  );
  return invalidOption(
    `region ${JSON.stringify(region)} has no prices in the instance data, which has ${[...regions].toSorted().join(', ')}: ` +
      `read them with "fairlead size --refresh --region ${region}".`,
  );
}

function unreachable(
  p99Ms: number,
  { idle, machine }: ModelMeasurement,
  rejected: Recommendation['rejected'],
): SizingError {
  const [{ type, reason } = { type: 'none', reason: 'none was given' }] = rejected;
  const disturbed =
    machine.disturbance < DISTURBED
      ? ''
      : ` Other work used up to ${Math.round(machine.disturbance * 100)} % of the core: measure again on an idle machine.`;
  return new SizingError(
    'ERR_SIZING_GOAL_UNREACHABLE',
    `No instance type keeps a p99 of ${p99Ms} ms: with no load it was ${idle.p99Ms.toFixed(1)} ms on this machine, and ${type} is rejected because ${reason}. ` +
      `Raise the goal, or make the model faster.${disturbed}`,
  );
}
