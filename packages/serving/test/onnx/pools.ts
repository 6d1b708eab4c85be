import { until } from '@fairlead/test-support/polling';
import { readFile } from 'node:fs/promises';
import type { Worker } from 'node:worker_threads';
import type { Signature, Tensor } from '@fairlead/signature';
import type { ExecutionContext, Runtime, RuntimeEvent } from '@fairlead/serving';
import { afterEach } from 'vitest';
import type { OnnxHosts } from '../../src/onnx/onnx-hosts.ts';
import { OnnxPool } from '../../src/onnx/onnx-pool.ts';

/** The worker threads of this process that are alive, from now on. */
export function collectWorkers(): ReadonlySet<Worker> {
  const workers = new Set<Worker>();
  process.on('worker', (worker) => {
    workers.add(worker);
    worker.on('exit', () => workers.delete(worker));
  });
  return workers;
}

/** A list of runtimes that are closed after each test; their workers have to end then. */
export function collectRuntimes(workers: ReadonlySet<Worker>): Runtime[] {
  const runtimes: Runtime[] = [];
  afterEach(async () => {
    await Promise.all(runtimes.splice(0).map((runtime) => runtime.close()));
    await until(() => workers.size === 0);
  });
  return runtimes;
}

/** Options of {@link openPool}. */
export interface PoolOptions {
  readonly hosts: OnnxHosts;
  readonly signature: Signature;
  readonly file: string;
  readonly title?: string;
  readonly events?: RuntimeEvent[];
  /** Called before each load. */
  readonly beforeRead?: () => Promise<void> | void;
  readonly executionTimeoutMs?: number;
  readonly isBackground?: boolean;
}

/** A pool whose workers were not yet placed. */
export function openPool({
  hosts,
  signature,
  file,
  title = file,
  events = [],
  beforeRead,
  executionTimeoutMs = 30_000,
  isBackground,
}: PoolOptions): OnnxPool {
  return new OnnxPool({
    title,
    readModel: async () => {
      await beforeRead?.();
      return {
        bytes: Uint8Array.from(await readFile(new URL(`../models/${file}`, import.meta.url))),
        externalData: [],
        inputs: signature.inputs.map(({ name }) => name),
        outputs: signature.outputs,
      };
    },
    executionTimeoutMs,
    loadTimeoutMs: 30_000,
    hosts,
    isBackground,
    onEvent: (event) => events.push(event),
  });
}

export const context: ExecutionContext = {
  signal: new AbortController().signal,
  requestIds: [],
  ownsInputs: false,
};

/** Input of `slow.onnx`. */
export function times(turns: number): Tensor {
  return { name: 'times', datatype: 'INT64', shape: [1], data: BigInt64Array.of(BigInt(turns)) };
}

/** Input of `affine.onnx`. */
export const x: Tensor = {
  name: 'x',
  datatype: 'FP32',
  shape: [1, 2],
  data: Float32Array.of(1, 2),
};

/** Returns whether a version computes in a shared worker. */
export function shares({ placement }: Runtime): boolean {
  return placement?.reason.startsWith('shares') === true;
}
