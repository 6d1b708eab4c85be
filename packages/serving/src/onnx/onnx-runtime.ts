import { checkIntegers, checkOptions, MAX_INT32 } from '../errors/check-options.ts';
import type { OptionNames } from '@fairlead/signature';
import { availableParallelism, totalmem } from 'node:os';
import { posix } from 'node:path';
import { decodeTensor, type Tensor } from '@fairlead/signature';
import { findSuitableInputs } from '../warm-up/find-suitable-inputs.ts';
import type { VersionManifest } from '../source/model-source.ts';
import type { ExecutionContext, RuntimeFactory, RuntimePlacement } from '../runtime/runtime.ts';
import { hasBatchDimension } from '../scheduling/batch-limits.ts';
import { ServingError } from '../errors/serving-error.ts';
import { InProcessSession } from './in-process-session.ts';
import { OnnxHosts } from './onnx-hosts.ts';
import { OnnxPool } from './onnx-pool.ts';
import { planPlacement, type PlacementFacts } from './plan-placement.ts';
import type { ModelFile, WeightsFile } from './session-model.ts';
import { timeSession, type Timing } from './time-session.ts';

/** Options of {@link onnxRuntime}. */
export interface OnnxRuntimeOptions {
  /**
   * Worker threads for each version.
   * @defaultValue decided for each version by the time that one row takes, the cores and the memory
   */
  readonly workers?: number;
  /**
   * Threads of one execution.
   * @defaultValue decided with `workers`; when `workers` is given, the number of cores minus one, divided by it
   */
  readonly intraOpThreads?: number;
  /**
   * True if small executions of tiny models may run in the thread of the event loop where that is measured faster.
   * @defaultValue `true` unless `workers` is given
   */
  readonly inProcess?: boolean;
  /**
   * Maximum duration of an execution, in milliseconds; a longer one counts as hung, and its worker is replaced.
   *
   * Native code in a thread can't be interrupted: the first time, the thread computes on, and its core is lost until the
   * process ends. From then on the version computes in child processes, which are killed. A version in the background, which has a low priority, has hung only when
   * its thread had the processor for half of that duration.
   * @defaultValue 60000
   */
  readonly executionTimeoutMs?: number;
  /**
   * Maximum duration of a load, in milliseconds; a longer one counts as hung.
   * @defaultValue 300000
   */
  readonly loadTimeoutMs?: number;
  /**
   * Processes of this host that load the same versions: each of them uses its part of the cores and of the memory.
   * @defaultValue 1
   */
  readonly processes?: number;
}

const optionNames: OptionNames<OnnxRuntimeOptions> = {
  workers: 'optional',
  intraOpThreads: 'optional',
  inProcess: 'optional',
  executionTimeoutMs: 'optional',
  loadTimeoutMs: 'optional',
  processes: 'optional',
};

/** Copies of requests that one thread can't keep up with are dropped. */
const BACKGROUND_PLAN = {
  workers: 1,
  intraOpThreads: 1,
  reason: 'one thread of low priority: it computes copies of requests only',
};

const DEFAULT_MODEL_PATH = 'model.onnx';
const ALONE: ExecutionContext = {
  requestIds: [],
  signal: new AbortController().signal,
  ownsInputs: false,
};

/**
 * Creates the runtime of ONNX models in worker threads, with `onnxruntime-node`.
 *
 * A version's artifact `model.onnx` is loaded, or the one that its runtime option `path` names, with the artifacts that
 * `externalData` lists: weights that the model stores in separate files. The number of workers is decided when it is
 * loaded, and reported in its `placement`.
 *
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the option and its value.
 *
 * @example
 * ```ts
 * import { ModelServer } from '@fairlead/serving';
 * import { onnxRuntime } from '@fairlead/serving/onnx';
 *
 * const source = {
 *   resolve: async () => ({ version: 1 }),
 *   follow: async function* () {},
 *   openVersion: async () => Promise.reject(new Error('no artifacts')),
 * };
 * const models = new ModelServer({ source, runtimes: { onnx: onnxRuntime({ workers: 2 }) } });
 * console.log(models.draining); // false
 * ```
 */
export function onnxRuntime(options: OnnxRuntimeOptions = {}): RuntimeFactory {
  const { workers, intraOpThreads, inProcess, executionTimeoutMs, loadTimeoutMs, processes } =
    checkOnnxOptions(options);
  const { cores, memoryBytes } = resources(processes);
  const hosts = new OnnxHosts({ cores });
  return {
    loadsAtOnce: cores,
    async load(artifacts, { onEvent, isBackground }) {
      const { manifest } = artifacts;
      const { model, version, signature, runtime } = manifest;
      const title = `model "${model}" version ${version}`;
      const { path, weights } = modelPaths(title, runtime.options);
      let modelBytes = 0;
      const readModel = async (): Promise<ModelFile> => {
        const bytes = await artifacts.read(path);
        const externalData: WeightsFile[] = [];
        for (const file of weights) {
          // The model names them relative to its own folder.
          const name = posix.relative(posix.dirname(path), file);
          externalData.push({ path: name, data: await artifacts.read(file) });
        }
        modelBytes = externalData.reduce((sum, { data }) => sum + data.length, bytes.length);
        return {
          bytes,
          externalData,
          inputs: signature.inputs.map((input) => input.name),
          outputs: signature.outputs.map(({ name, datatype }) => ({ name, datatype })),
          ...(pool.rowAnalysis === undefined && { analyzeRowsOf: signature }),
        };
      };
      const pool = new OnnxPool({
        title,
        readModel,
        executionTimeoutMs,
        loadTimeoutMs,
        hosts,
        isBackground,
        onEvent,
      });
      const facts = (rowMs: number | undefined) => ({
        ...{ cores, memoryBytes, modelBytes },
        rowMs,
        workers,
        intraOpThreads,
      });
      try {
        if (isBackground === true) {
          await pool.place(BACKGROUND_PLAN);
          return pool;
        }
        const first = planPlacement(facts(undefined));
        await pool.place(workers === undefined ? { ...first, intraOpThreads: 1 } : first);
        if (workers !== undefined && !inProcess) return pool;
        const sample = await sampleOf(manifest, (inputs) => pool.execute(inputs, ALONE));
        const timing = await timeSession((inputs) => pool.execute(inputs, ALONE), sample);
        const { crashRisk } = pool;
        const plan = planPlacement(facts(timing && timing.computeMs / rowsOf(sample, signature)));
        const inProcessSession =
          inProcess && timing !== undefined && crashRisk === undefined
            ? await InProcessSession.measure(
                readModel,
                signature,
                sample,
                { ...timing, loadCpuMs: pool.loadCpuMs },
                { meter: hosts.meter, cores },
              )
            : undefined;
        const isolation = crashRisk && `in separate processes: ${crashRisk}`;
        const reason = [plan.reason, inProcessSession?.reason, isolation]
          .filter(Boolean)
          .join('; ');
        // A version that computes in processes shares none of them.
        const isolated = crashRisk !== undefined || hosts.hasHung(title);
        const shareable =
          workers === undefined && !isolated && isShareable(plan, timing, pool.loadCpuMs);
        await pool.place({ ...plan, reason, shareable }, inProcessSession);
        return pool;
      } catch (cause) {
        await pool.close();
        const detail = cause instanceof Error ? cause.message : String(cause);
        throw new ServingError('ERR_SERVING_LOAD_FAILED', `${title} can't be loaded: ${detail}`, {
          cause,
        });
      }
    },
  };
}

/** @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the option and its value. */
function checkOnnxOptions(options: OnnxRuntimeOptions) {
  const {
    workers,
    intraOpThreads,
    inProcess = workers === undefined,
    executionTimeoutMs = 60_000,
    loadTimeoutMs = 300_000,
    processes = 1,
  } = checkOptions('onnxRuntime', options, optionNames);
  checkIntegers(
    {
      ...(workers !== undefined && { workers }),
      ...(intraOpThreads !== undefined && { intraOpThreads }),
      executionTimeoutMs,
      loadTimeoutMs,
      processes,
    },
    1,
    MAX_INT32,
  );
  return { workers, intraOpThreads, inProcess, executionTimeoutMs, loadTimeoutMs, processes };
}

/** Others that share its worker wait for at most so long while the version is loaded, or executed once. */
const MAX_SHARED_LOAD_MS = 100;
const MAX_SHARED_EXECUTION_MS = 50;

/** Returns whether a version may share a worker with others while it has little to execute. */
function isShareable(
  { intraOpThreads }: Pick<RuntimePlacement, 'intraOpThreads'>,
  timing: Timing | undefined,
  loadCpuMs: number,
): boolean {
  if (timing === undefined || intraOpThreads > 1) return false;
  return loadCpuMs <= MAX_SHARED_LOAD_MS && timing.computeMs <= MAX_SHARED_EXECUTION_MS;
}

/** The artifacts that make up a model: its file, and those that hold weights of it. */
function modelPaths(
  title: string,
  {
    path = DEFAULT_MODEL_PATH,
    externalData = [],
  }: NonNullable<VersionManifest['runtime']['options']> = {},
): { readonly path: string; readonly weights: readonly string[] } {
  const isPath = (value: unknown): value is string => typeof value === 'string';
  if (isPath(path) && Array.isArray(externalData) && externalData.every(isPath)) {
    return { path, weights: externalData };
  }
  throw new ServingError(
    'ERR_SERVING_LOAD_FAILED',
    `${title}: runtime option "path" must be a string, and "externalData" a list of strings`,
  );
}

/** Rows of the sample; a model without a batch dimension computes one at a time, regardless of its shape. */
function rowsOf(sample: readonly Tensor[], signature: VersionManifest['signature']): number {
  return hasBatchDimension(signature) ? Math.max(1, sample[0]?.shape[0] ?? 1) : 1;
}

/** Inputs of the measurement: a golden example, which has the shape of requests, or else suitable inputs. */
async function sampleOf(
  manifest: VersionManifest,
  execute: (inputs: readonly Tensor[]) => Promise<unknown>,
): Promise<readonly Tensor[]> {
  const [example] = manifest.goldenExamples ?? [];
  if (example !== undefined) return example.inputs.map(decodeTensor);
  return (await findSuitableInputs(manifest, execute)).inputs ?? [];
}

/** Cores, and memory in bytes, of each of several processes: of their control group, or the machine. */
function resources(processes: number): Pick<PlacementFacts, 'cores' | 'memoryBytes'> {
  const constrained = process.constrainedMemory();
  const memoryBytes = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return {
    cores: Math.max(1, Math.floor(availableParallelism() / processes)),
    memoryBytes: memoryBytes / processes,
  };
}
