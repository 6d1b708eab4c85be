import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import type {
  Calibration,
  MeasuredLoad,
  MeasuredMachine,
  ModelMeasurement,
} from '@fairlead/sizing';
import { CliError } from '../../cli-error.ts';
import { auditContext, type CommandContext } from '../../command-context.ts';
import { requireOnnxRuntime } from '../../run/require-onnx-runtime.ts';
import { TemporaryFolder } from '../../temporary-folder/temporary-folder.ts';
import { pushToTemporary } from '../serve/push-to-temporary.ts';
import { servedRegistry } from '../serve/served-registry.ts';
import { startMeasuredGateway, type MeasuredGatewayOptions } from './measured-gateway.ts';
import { measuredRequest, readCompute, type MeasuredRequest } from './measured-request.ts';
import { processesOfHost } from './processes-of-host.ts';
import type { SizeOptions } from './size.ts';

/** Options of {@link measureModel}. */
export type MeasureModelOptions = Pick<
  SizeOptions,
  'alias' | 'calibrate' | 'registry' | 'request' | 'seconds'
> & {
  /** Name in the registry, or path of a file or folder. */
  readonly model: string;
};

interface Served {
  readonly registry: string;
  readonly model: string;
}

/** Cores of the gateway and of the load generator, which gets others if there are any. */
interface Placement {
  readonly cores: readonly number[];
  readonly generatorCores: readonly number[];
}

/**
 * Measures a model behind a gateway on one core of this machine, and on two with `calibrate`.
 *
 * @throws CliError `ERR_CLI_USAGE`, `ERR_CLI_NO_RUNTIME`, `ERR_CLI_STOPPED`; SizingError `ERR_SIZING_MEASUREMENT_FAILED`
 */
export async function measureModel(
  context: CommandContext,
  options: MeasureModelOptions,
): Promise<{ readonly measurement: ModelMeasurement; readonly calibration?: Calibration }> {
  await requireOnnxRuntime();
  const { allowedCores, calibrate } = await import('@fairlead/sizing');
  const cores = allowedCores();
  if (options.calibrate === true && cores.length < 2) {
    throw new CliError(
      'ERR_CLI_USAGE',
      `--calibrate needs two cores, and this process may use ${cores.length}`,
    );
  }
  const measureOptions = { ...options, stop: context.io.stopSignal?.() };
  const folder = await TemporaryFolder.create('serve');
  try {
    const served = await openModel(context, options, folder);
    const single = await measureOn(context, measureOptions, served, place(cores, 1), 1);
    const measurement = await describe(context, served, single, cores.length);
    if (options.calibrate !== true) return { measurement };
    const { processesFor } = await processesOfHost(measurement);
    const processBytes = measurement.memoryBytes;
    const processes = processesFor({ cores: 2, memoryBytes: processBytes * 8, processBytes });
    const check = await measureOn(context, measureOptions, served, place(cores, 2), processes);
    const { saturation, points } = check.load;
    return { measurement, calibration: calibrate(measurement, { cores: 2, saturation, points }) };
  } finally {
    await folder.remove();
  }
}

function place(cores: readonly number[], count: number): Placement {
  const others = cores.slice(count);
  return { cores: cores.slice(0, count), generatorCores: others.length === 0 ? cores : others };
}

/** Uses the registry, or pushes a file or folder to a temporary one. */
async function openModel(
  context: CommandContext,
  { model, registry, alias }: MeasureModelOptions,
  folder: TemporaryFolder,
): Promise<Served> {
  if (registry === undefined && existsSync(model)) {
    const { actor } = auditContext(context, {});
    const pushed = await pushToTemporary(folder.path, { source: model, alias, actor });
    return { registry: pushed.location, model: pushed.models[0] ?? '' };
  }
  const { location } = await servedRegistry(context, { registry, model, alias });
  return { registry: location, model };
}

interface MeasuredServing {
  readonly load: MeasuredLoad;
  readonly request: MeasuredRequest;
  readonly loadMs: number;
}

function stopped(): CliError {
  return new CliError('ERR_CLI_STOPPED', 'stopped by a signal');
}

async function measureOn(
  context: CommandContext,
  options: MeasureModelOptions & { readonly stop: AbortSignal | undefined },
  served: Served,
  { cores, generatorCores }: Placement,
  processes: number,
): Promise<MeasuredServing> {
  const { measureGateway } = await import('@fairlead/sizing');
  const { alias, seconds, stop } = options;
  const started: MeasuredGatewayOptions = { ...served, alias, cores, processes };
  const gateway = await startMeasuredGateway(context, started);
  const close = (): void => void gateway.close();
  stop?.addEventListener('abort', close);
  try {
    const request = await measuredRequest(gateway, { ...options, model: served.model });
    const load = await measureGateway({
      target: {
        port: gateway.port,
        path: `/v2/models/${served.model}/infer`,
        headers: { authorization: `Bearer ${gateway.key}` },
        body: request.body,
      },
      ...{ pid: gateway.pid, cores, generatorCores, seconds },
      onStep: (step) => {
        if (stop?.aborted === true) throw stopped();
        const on = cores.length === 1 ? '1 core' : `${cores.length} cores`;
        context.output.note(`Measuring ${served.model} on ${on}: ${step} …`);
      },
      readCompute: () => readCompute(gateway, served.model),
    });
    return { load, request, loadMs: gateway.loadMs };
  } catch (error) {
    // Requests fail because the gateway was stopped.
    throw stop?.aborted === true ? stopped() : error;
  } finally {
    stop?.removeEventListener('abort', close);
    await gateway.close();
  }
}

async function describe(
  { io }: CommandContext,
  { model }: Served,
  { load, request, loadMs }: MeasuredServing,
  cores: number,
): Promise<ModelMeasurement> {
  const { disturbance, ...measured } = load;
  return {
    format: 1,
    ...{ model, at: io.now().toISOString(), rowsPerRequest: request.rows, loadMs },
    machine: { ...(await describeMachine()), cores, disturbance },
    ...measured,
  };
}

async function describeMachine(): Promise<Pick<MeasuredMachine, 'processor' | 'model'>> {
  const { recognizeProcessor } = await import('@fairlead/sizing');
  // Reading it can't fail where the measurement worked: both need /proc.
  const processor = recognizeProcessor(await readFile('/proc/cpuinfo', 'utf8'));
  const model = cpus()[0]?.model.trim() ?? '';
  return {
    ...(processor !== undefined && { processor }),
    model: model === '' ? 'unknown processor' : model,
  };
}
