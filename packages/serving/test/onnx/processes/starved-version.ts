import { Worker } from 'node:worker_threads';
import type { Tensor } from '@fairlead/signature';
import type { RuntimeEvent } from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { MemorySource, slow } from '../../memory-source.ts';

// Runs in a separate process on one core, and is killed afterwards: a thread that computes without end can't be ended.

/** Results of the executions. */
export interface Seen {
  /** While another thread needed the processor. */
  readonly starved: string;
  /** Workers that were lost until then. */
  readonly lostBefore: number;
  /** An execution without end, while no other thread needed the processor. */
  readonly hung: string;
}

const EXECUTION_TIMEOUT_MS = 400;
const BUSY_MS = 3000;
const WITHOUT_END = 2n ** 62n;
const signal = new AbortController().signal;
const events: RuntimeEvent[] = [];

const artifacts = await new MemorySource([{ signature: slow, file: 'slow.onnx' }]).openVersion(
  'slow',
  1,
);
const runtime = await onnxRuntime({ executionTimeoutMs: EXECUTION_TIMEOUT_MS }).load(artifacts, {
  isBackground: true,
  onEvent: (event) => events.push(event),
});

async function execute(turns: bigint): Promise<string> {
  const times: Tensor = {
    name: 'times',
    datatype: 'INT64',
    shape: [1],
    data: BigInt64Array.of(turns),
  };
  const context = { signal, requestIds: [], ownsInputs: false };
  return runtime.execute([times], context).then(
    () => 'answered',
    (error: unknown) => (error as Error).message,
  );
}

const startedAt = performance.now();
await execute(20n);
const turnMs = (performance.now() - startedAt) / 20;
const busy = new Worker(
  `const end = performance.now() + ${BUSY_MS}; while (performance.now() < end);`,
  { eval: true },
);
await new Promise((resolve) => busy.once('online', resolve));
// Half of the limit, which takes far longer beside a thread of normal priority.
const starved = await execute(BigInt(Math.ceil(EXECUTION_TIMEOUT_MS / 2 / turnMs)));
const lostBefore = events.length;
const hung = await execute(WITHOUT_END);
const seen: Seen = { starved, lostBefore, hung };
process.stdout.write(JSON.stringify(seen), () => process.kill(process.pid, 'SIGKILL'));
