import { checkNumber, checkOptions } from '../check-options.ts';
import { LoadGenerator } from '../load/load-generator.ts';
import type { LoadOrder, LoadResult, LoadTarget } from '../load/load-order.ts';
import { SizingError } from '../sizing-error.ts';
import { idleSeconds, memoryBytes, processorSeconds, processTree } from '../usage/process-usage.ts';
import type { LoadPoint, ModelMeasurement } from './model-measurement.ts';

/** Options of {@link measureGateway}. */
export interface MeasureGatewayOptions {
  /** Request that is sent. */
  readonly target: LoadTarget;
  /** Process of the gateway; its descendants count too. */
  readonly pid: number;
  /** Cores that the gateway is pinned to. */
  readonly cores: readonly number[];
  /** Cores of the load generator: others if there are any. */
  readonly generatorCores: readonly number[];
  /** Duration of each step, in seconds, from 0.2: the kernel counts processor time in hundredths. @defaultValue `5` */
  readonly seconds?: number;
  /** Called at the begin of each step. */
  readonly onStep?: (step: string) => void;
  /** Reads rows and nanoseconds that the runtime has computed so far. */
  readonly readCompute: () => Promise<{ readonly rows: number; readonly nanoseconds: number }>;
}

/** Load that a gateway was measured under. */
export type MeasuredLoad = Pick<
  ModelMeasurement,
  'computeMs' | 'idle' | 'memoryBytes' | 'points' | 'saturation'
> & {
  /** Largest share of the gateway's cores that other processes used during a step, from 0 to 1. */
  readonly disturbance: number;
};

const CONNECTIONS = 32;
/** Load without waiting, as a share of the capacity. */
const IDLE_LOAD = 0.1;
const LOADS = [0.5, 0.7, 0.85];

/**
 * Measures a running gateway on its cores: its capacity, its latency with no load, and that at rates of random arrivals.
 *
 * A gateway's capacity is taken by its processor time: what other processes use of the same cores, such as the load generator on a small
 * machine, is no part of the available time. A step in which requests are refused is left out. Works on Linux, which reports processor times in `/proc`, with `taskset` of util-linux.
 *
 * @throws SizingError `ERR_SIZING_MEASUREMENT_FAILED` if responses fail, or the machine can't be measured
 *
 * @example
 * ```ts
 * import { measureGateway } from '@fairlead/sizing';
 *
 * const options = { target: { port: 1, path: '/', headers: {}, body: '{}' }, seconds: 0.5 };
 * try {
 *   await measureGateway({
 *     ...{ ...options, pid: process.pid, cores: [0], generatorCores: [0] },
 *     readCompute: async () => ({ rows: 0, nanoseconds: 0 }),
 *   });
 * } catch (error) {
 *   console.log(error.code); // ERR_SIZING_MEASUREMENT_FAILED
 * }
 * ```
 */
export async function measureGateway(options: MeasureGatewayOptions): Promise<MeasuredLoad> {
  checkOptions('measureGateway', options, {
    ...{ target: 'required', pid: 'required', cores: 'required', generatorCores: 'required' },
    ...{ seconds: 'optional', onStep: 'optional', readCompute: 'required' },
  });
  const { target, seconds = 5, onStep = () => undefined, readCompute } = options;
  checkNumber('seconds', seconds, 0.2, 3600);
  if (process.platform !== 'linux') {
    throw failed(
      `it needs Linux, whose /proc has the processor time of cores, not ${process.platform}`,
    );
  }
  const generator = new LoadGenerator(options.generatorCores);
  const disturbances: number[] = [];
  const step = async (name: string, order: LoadOrder): Promise<LoadStep> => {
    onStep(name);
    const measured = await measureStep(generator, options, order);
    disturbances.push(measured.disturbance);
    return measured;
  };
  const answered = async (name: string, order: LoadOrder): Promise<LoadStep> => {
    const measured = await step(name, order);
    if (!isOverloaded(measured)) return measured;
    const { failed: count, requests } = measured;
    throw failed(`${count} of ${requests} requests got no response with status 200 (${name})`);
  };
  try {
    const closed = { target, seconds, connections: CONNECTIONS };
    await answered('warm-up', { ...closed, seconds: Math.min(3, seconds) });
    const full = await answered('capacity', closed);
    const memory = memoryBytes(processTree(options.pid));
    if (full.processorMs === 0) throw failed('the gateway used no processor time: measure longer');
    const capacity = (1000 / full.processorMs) * full.availableCores;
    const open = (load: number, index: number): LoadOrder => ({
      ...{ target, seconds, perSecond: capacity * load, seed: 1 + index },
    });
    const before = await readCompute();
    const idle = await answered(`${percent(IDLE_LOAD)} of the capacity`, open(IDLE_LOAD, 0));
    const after = await readCompute();
    const points: LoadPoint[] = [];
    for (const [index, load] of LOADS.entries()) {
      const measured = await step(`${percent(load)} of the capacity`, open(load, index + 1));
      // A gateway that refuses requests has no steady state: other work left it less than before.
      if (!isOverloaded(measured)) points.push(pointOf(measured, capacity * load));
    }
    return {
      computeMs:
        (after.nanoseconds - before.nanoseconds) / 1e6 / Math.max(1, after.rows - before.rows),
      idle: { p50Ms: idle.p50Ms, p99Ms: idle.p99Ms },
      memoryBytes: memory,
      saturation: {
        requestsPerSecond: full.requests / full.seconds,
        processorMs: full.processorMs,
        availableCores: full.availableCores,
        failed: full.failed,
      },
      points,
      disturbance: Math.max(...disturbances),
    };
  } finally {
    await generator.close();
  }
}

/** Share of failed requests that a measurement tolerates. */
const MAX_FAILED = 0.01;

function isOverloaded({ requests, failed: count }: LoadResult): boolean {
  return count > requests * MAX_FAILED;
}

interface LoadStep extends LoadResult {
  readonly utilization: number;
  readonly availableCores: number;
  readonly processorMs: number;
  readonly disturbance: number;
}

async function measureStep(
  generator: LoadGenerator,
  { pid, cores, generatorCores }: MeasureGatewayOptions,
  order: LoadOrder,
): Promise<LoadStep> {
  const pids = processTree(pid);
  const before = { used: processorSeconds(pids), idle: idleSeconds(cores), at: performance.now() };
  const result = await generator.send(order);
  const used = processorSeconds(pids) - before.used;
  const idle = idleSeconds(cores) - before.idle;
  const seconds = (performance.now() - before.at) / 1000;
  const available = Math.min(cores.length, (used + idle) / seconds);
  const shares = generatorCores.some((core) => cores.includes(core));
  const generated = shares ? result.processorSeconds / seconds : 0;
  return {
    ...result,
    utilization: Math.min(1, used / seconds / available),
    availableCores: available,
    processorMs: (used * 1000) / Math.max(1, result.requests),
    disturbance: Math.max(0, cores.length - available - generated) / cores.length,
  };
}

function pointOf(step: LoadStep, offeredPerSecond: number): LoadPoint {
  const { utilization, availableCores, p50Ms, p99Ms, processorMs, requests, failed } = step;
  return {
    ...{ offeredPerSecond, utilization, availableCores, p50Ms, p99Ms },
    ...{ processorMs, requests, failed },
  };
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function failed(problem: string): SizingError {
  return new SizingError(
    'ERR_SIZING_MEASUREMENT_FAILED',
    `The model can't be measured: ${problem}.`,
  );
}
