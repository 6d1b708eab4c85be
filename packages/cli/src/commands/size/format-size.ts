import type { Calibration, ModelMeasurement, Recommendation, SizedType } from '@fairlead/sizing';
import { count, formatBytes } from '../../output/format-values.ts';
import { fields, table } from '../../output/table.ts';
import { hostsOptions } from './hosts-options.ts';
import type { SimulatedDay } from './simulate.ts';
import type { SizeOptions, SizeResult } from './size.ts';

/** Share of other work from which on a measurement is doubtful. */
const DISTURBED = 0.1;

/** Formats the result of `fairlead size` for a terminal. */
export function formatSize(result: SizeResult, options: SizeOptions): readonly string[] {
  const { measurement, calibration, recommendation, simulation } = result;
  return [
    ...formatMeasurement(measurement, result.requestsPerSecondWithinGoal, options.p99),
    ...(calibration === undefined ? [] : ['', ...formatCalibration(calibration)]),
    ...(recommendation === undefined
      ? options.requestsPerSecond !== undefined
        ? []
        : ['', 'Add --requests-per-second 500 to get hosts and their cost.']
      : ['', ...formatRecommendation(recommendation, measurement)]),
    ...(simulation === undefined ? [] : ['', ...formatSimulation(simulation, options.p99)]),
  ];
}

function formatMeasurement(
  measurement: ModelMeasurement,
  withinGoal: number,
  p99: number,
): readonly string[] {
  const { model, machine, rowsPerRequest, saturation, idle, computeMs } = measurement;
  const capacity = 1000 / saturation.processorMs;
  const rows = (requests: number): string =>
    `${rate(requests)} requests/s, ${rate(requests * rowsPerRequest)} rows/s`;
  return [
    `${model} behind the gateway on one core of this machine (${machine.model}), ${count(rowsPerRequest, 'row')} a request:`,
    ...fields([
      [
        '  capacity',
        `${rows(capacity)}; ${milliseconds(saturation.processorMs)} of processor time a request`,
      ],
      [`  within a p99 of ${p99} ms`, rows(withinGoal)],
      [
        '  latency with no load',
        `p50 ${milliseconds(idle.p50Ms)}, p99 ${milliseconds(idle.p99Ms)}`,
      ],
      ['  compute time of a row', milliseconds(computeMs)],
      ['  memory of a process', formatBytes(measurement.memoryBytes)],
      ['  load time', `${(measurement.loadMs / 1000).toFixed(1)} s`],
      [
        '  other work',
        machine.disturbance >= DISTURBED
          ? `used up to ${percent(machine.disturbance)} of the core: measure again on an idle machine`
          : undefined,
      ],
    ]),
  ];
}

function formatCalibration(calibration: Calibration): readonly string[] {
  const { cores, rows, throughputError, latencyError, multicoreOverhead } = calibration;
  const number = (value: number, unit: string): string =>
    unit === 'ms' ? milliseconds(value) : `${rate(value)}/s`;
  return [
    `Calibration: predicted from one core, measured on ${cores} (without what other work used of them):`,
    ...table(
      [
        '',
        ...['predicted', 'measured', 'error'].map((title) => ({ title, align: 'right' as const })),
      ],
      rows.map(({ what, unit, predicted, measured, error }) => [
        `  ${what}`,
        ...[number(predicted, unit), number(measured, unit)],
        `${error >= 0 ? '+' : '-'}${percent(Math.abs(error))}`,
      ]),
    ),
    `Errors for the recommendation: throughput ${percent(throughputError)}, ${latencyError === undefined ? 'p99 unknown, because each step was overloaded' : `p99 a factor of ${(1 + latencyError).toFixed(2)}`}. A request takes ${percent(multicoreOverhead)} more processor time on ${cores} cores.`,
  ];
}

function formatRecommendation(
  { goal, region, pricesOf, best, others, errors }: Recommendation,
  { computeMs }: ModelMeasurement,
): readonly string[] {
  const { requestsPerSecond, peakPerSecond, p99Ms, spareHosts } = goal;
  const columns = ['requests/s a host', 'hosts', 'processes', 'USD a month', 'p99 ms', 'warm-up s'];
  const known = errors.latencyCalibrated
    ? 'as calibrated'
    : errors.calibrated
      ? 'usual; the calibration had no step without overload'
      : 'usual; --calibrate measures it';
  return [
    `Hosts for ${rate(requestsPerSecond)} requests/s, ${rate(peakPerSecond)} at the peak, with a p99 of ${p99Ms} ms when ${count(spareHosts, 'host')} failed (${region}, prices of ${pricesOf}):`,
    ...table(
      ['  type', ...columns.map((title) => ({ title, align: 'right' as const }))],
      [best, ...others].map((each, index) => [
        `${index === 0 ? '* ' : '  '}${each.type} (${each.architecture})`,
        ...formatType(each),
      ]),
    ),
    `Ranges: error of throughput ${percent(errors.throughput)}, of the p99 a factor of ${(1 + errors.latency).toFixed(2)} (${known}), and that of published speeds, from ${errors.machine}.`,
    'Hosts are enough at the pessimistic end. Cost: hosts on demand, without load balancer, disks and traffic.',
    `For the deployment: gateway: { computeMs: ${Number(computeMs.toPrecision(2))} }`,
    `For ModelService: hosts: ${optionsText(hostsOptions(best, spareHosts))}`,
  ];
}

/** Formats options as TypeScript: `{ min: 2, scaling: { requestsPerSecond: 180 } }`. */
function optionsText(options: object): string {
  const pairs = Object.entries(options).map(([name, value]: [string, unknown]) => {
    if (typeof value === 'object' && value !== null) return `${name}: ${optionsText(value)}`;
    return `${name}: ${typeof value === 'string' ? `'${value}'` : String(value)}`;
  });
  return `{ ${pairs.join(', ')} }`;
}

function formatType(sized: SizedType): readonly string[] {
  const range = ({ low, high }: { low: number; high: number }): string =>
    rate(low) === rate(high) ? rate(low) : `${rate(low)} to ${rate(high)}`;
  return [
    range(sized.requestsPerSecondPerHostRange),
    range(sized.hostsRange),
    String(sized.processes),
    range(sized.monthlyCostRange),
    sized.p99Ms.toFixed(1),
    String(sized.warmUpSeconds),
  ];
}

function formatSimulation(day: SimulatedDay, p99: number): readonly string[] {
  const { fixed, hostHours, actions } = day;
  return [
    `Auto scaling of ${day.type} over ${day.traffic}, ${day.requestsPerTarget} requests a minute for each of ${day.minHosts} to ${day.maxHosts} hosts:`,
    ...fields([
      [
        '  within the goal',
        `${share(day.withinGoal)} of ${rate(day.requests)} requests within ${p99} ms`,
      ],
      [
        '  host-hours',
        `${hostHours.toFixed(0)}, with ${day.fewestHosts} to ${day.mostHosts} hosts`,
      ],
      [
        '  best fixed size',
        `${count(fixed.hosts, 'host')}: ${fixed.hostHours.toFixed(0)} host-hours, ${share(fixed.withinGoal)} within the goal`,
      ],
      ['  compared', `${percent(hostHours / fixed.hostHours)} of its host-hours`],
      ['  changes', `${actions.length}, ${count(day.oscillations, 'oscillation')}`],
    ]),
  ];
}

function rate(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function milliseconds(value: number): string {
  return `${value < 10 ? value.toFixed(2) : value.toFixed(1)} ms`;
}

function percent(part: number): string {
  return `${Math.round(part * 100)} %`;
}

function share(part: number): string {
  // Rounded down: 99.99 % is not all.
  return `${(Math.floor(part * 10_000) / 100).toFixed(2)} %`;
}
