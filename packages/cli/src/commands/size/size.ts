import type { Calibration, InstanceData, ModelMeasurement, Recommendation } from '@fairlead/sizing';
import { CliError } from '../../cli-error.ts';
import type { CommandContext } from '../../command-context.ts';
import { readText } from '../../read-file.ts';
import { formatSize } from './format-size.ts';
import { hostsOptions, type HostsOptions } from './hosts-options.ts';
import { processesOfHost } from './processes-of-host.ts';
import { simulate, type SimulatedDay } from './simulate.ts';

/** Options of {@link size}, as the command line has them. */
export interface SizeOptions {
  readonly model?: string | undefined;
  readonly registry?: string | undefined;
  readonly alias: string;
  readonly request?: string | undefined;
  /** Duration of each step, in seconds. */
  readonly seconds: number;
  readonly measurement?: string | undefined;
  readonly measuredOn?: string | undefined;
  readonly calibrate?: true | undefined;
  readonly requestsPerSecond?: number | undefined;
  readonly peakFactor: number;
  /** Goal of the 99th percentile, in milliseconds. */
  readonly p99: number;
  readonly spareHosts: number;
  readonly region: string;
  readonly instances?: string | undefined;
  /** File with traffic, or `true` for a generated day. */
  readonly simulate?: string | true | undefined;
  readonly seed: number;
  readonly refresh?: true | undefined;
  readonly json?: true | undefined;
}

/** Result of the command. */
export interface SizeResult {
  readonly measurement: ModelMeasurement;
  /** Requests a second on one core of this machine within the goal. */
  readonly requestsPerSecondWithinGoal: number;
  readonly calibration?: Calibration;
  readonly recommendation?: Recommendation;
  /** Option `hosts` of the construct `ModelService`, for the recommended type. */
  readonly hosts?: HostsOptions;
  readonly simulation?: SimulatedDay;
}

/**
 * Measures a model, recommends hosts, and simulates their scaling; or renews instance data.
 *
 * @throws CliError `ERR_CLI_USAGE`, `ERR_CLI_FILE`, `ERR_CLI_NO_RUNTIME`; SizingError
 */
export async function size(context: CommandContext, options: SizeOptions): Promise<void> {
  if (options.refresh === true) {
    const { refresh } = await import('./refresh.ts');
    await refresh(context, options);
    return;
  }
  checkTogether(options);
  const instances = await readInstanceData(options.instances);
  const measured = await measureOrRead(context, options);
  const { fitLatencyModel, highestRate } = await import('@fairlead/sizing');
  const model = fitLatencyModel(measured.measurement, measured.calibration?.multicoreOverhead);
  const known: SizeResult = {
    ...measured,
    requestsPerSecondWithinGoal: highestRate(model, { cores: 1 }, options.p99),
  };
  try {
    const result = { ...known, ...(await recommended(options, instances, measured)) };
    context.output.present(options, result, () => formatSize(result, options));
  } catch (error) {
    // A measurement takes long: it is printed although no hosts can be recommended by it.
    context.output.present(options, known, () => formatSize(known, options));
    throw error;
  }
}

function checkTogether(options: SizeOptions): void {
  const { model, measurement, calibrate, requestsPerSecond, simulate: day } = options;
  if (model === undefined && measurement === undefined) {
    throw new CliError(
      'ERR_CLI_USAGE',
      'name the model to measure, such as "fairlead size model.onnx", or an earlier result with --measurement churn.json',
    );
  }
  if (measurement !== undefined && model !== undefined) {
    throw new CliError(
      'ERR_CLI_USAGE',
      `${model} would be measured, and --measurement has a result: leave one of them out`,
    );
  }
  if (measurement !== undefined && calibrate === true) {
    throw new CliError(
      'ERR_CLI_USAGE',
      '--calibrate measures the model again: name it in place of --measurement',
    );
  }
  if (day !== undefined && requestsPerSecond === undefined) {
    throw new CliError(
      'ERR_CLI_USAGE',
      '--simulate needs the traffic that the hosts are sized for: add --requests-per-second 500',
    );
  }
}

type Measured = Pick<SizeResult, 'measurement' | 'calibration'>;

async function measureOrRead(context: CommandContext, options: SizeOptions): Promise<Measured> {
  const { model, measurement } = options;
  if (measurement !== undefined) {
    const { readCalibration, readMeasurement } = await import('@fairlead/sizing');
    const content = await readText(measurement, 'measurement');
    const calibration = readCalibration(content);
    return { measurement: readMeasurement(content), ...(calibration && { calibration }) };
  }
  const { measureModel } = await import('./measure-model.ts');
  return measureModel(context, { ...options, model: model ?? '' });
}

async function readInstanceData(file: string | undefined): Promise<InstanceData> {
  const { publishedInstances, readInstances } = await import('@fairlead/sizing');
  return file === undefined
    ? publishedInstances
    : readInstances(await readText(file, 'instance data'));
}

async function recommended(
  options: SizeOptions,
  instances: InstanceData,
  { measurement, calibration }: Measured,
): Promise<Pick<SizeResult, 'hosts' | 'recommendation' | 'simulation'>> {
  const { requestsPerSecond, peakFactor, p99: p99Ms, spareHosts, region, measuredOn } = options;
  if (requestsPerSecond === undefined) return {};
  const { recommend } = await import('@fairlead/sizing');
  const { processesFor } = await processesOfHost(measurement);
  const recommendation = recommend({
    ...{ measurement, instances, requestsPerSecond, peakFactor, p99Ms, spareHosts, region },
    ...{ processesFor },
    ...(measuredOn !== undefined && { measuredOn }),
    ...(calibration !== undefined && { calibration }),
  });
  const hosts = hostsOptions(recommendation.best, spareHosts);
  if (options.simulate === undefined) return { recommendation, hosts };
  const simulation = await simulate(options, recommendation, { measurement, calibration });
  return { recommendation, hosts, simulation };
}
