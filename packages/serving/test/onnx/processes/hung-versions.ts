import { until } from '@fairlead/test-support/polling';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Tensor } from '@fairlead/signature';
import { ModelServer, type ModelArtifacts, type ServingEvent } from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { ManyModels } from '../../many-models.ts';
import { affine, MemorySource, slow } from '../../memory-source.ts';

// Runs in a separate process, which is killed afterwards: a thread that computes without end can't be ended.

/** Result of one scenario. */
export interface Seen {
  /** Threads of this process that compute at the end. */
  readonly computing: number;
  /** Child processes at the end. */
  readonly children: number;
  readonly [what: string]: unknown;
}

const EXECUTION_TIMEOUT_MS = 1000;
const RETRY_DELAY_MS = 50;
const WITHOUT_END = 2n ** 62n;
const events: ServingEvent[] = [];

function serverOf(models: Readonly<Record<string, MemorySource>>): ModelServer {
  return new ModelServer({
    source: new ManyModels(models),
    runtimes: { onnx: onnxRuntime({ executionTimeoutMs: EXECUTION_TIMEOUT_MS }) },
    retryDelayMs: RETRY_DELAY_MS,
    circuitBreaker: false,
    onEvent: (event) => events.push(event),
  });
}

function count(type: ServingEvent['type'], model: string): number {
  return events.filter((event) => event.type === type && event.model === model).length;
}

const many: Tensor = {
  name: 'x',
  datatype: 'FP32',
  shape: [5000, 2],
  data: new Float32Array(10_000).fill(3),
};

function times(turns: bigint): Tensor {
  return { name: 'times', datatype: 'INT64', shape: [1], data: BigInt64Array.of(turns) };
}

async function outcome(answer: Promise<unknown>): Promise<string> {
  return answer.then(
    () => 'answered',
    (error: unknown) => (error as Error).message,
  );
}

const scenarios: Readonly<Record<string, () => Promise<Readonly<Record<string, unknown>>>>> = {
  async load() {
    let opened = 0;
    class CountingSource extends MemorySource {
      override openVersion(model: string, version: number): Promise<ModelArtifacts> {
        opened += 1;
        return super.openVersion(model, version);
      }
    }
    const hung = new CountingSource([
      { signature: affine, file: 'endless.onnx' },
      { signature: affine },
    ]);
    const server = serverOf({ hung, fine: new MemorySource([{ signature: affine }]) });
    await Promise.all([server.serve('hung'), server.serve('fine')]);
    await until(async () => (await server.status('hung')).reason?.includes('not tried') === true);
    const { reason } = await server.status('hung');
    // Twice as long as another attempt would have been delayed.
    await sleep(4 * 2 * RETRY_DELAY_MS);
    const attempts = opened;
    const refused = await outcome(server.infer({ model: 'hung' }, { inputs: [many] }));
    const other = await outcome(server.infer({ model: 'fine' }, { inputs: [many] }));
    await outcome(server.load('hung'));
    const attemptsOfAdministrator = opened - attempts;
    const seen = await look();
    hung.point(2);
    await until(async () => (await server.status('hung')).ready);
    const moved = await outcome(server.infer({ model: 'hung' }, { inputs: [many] }));
    return { ...seen, reason, attempts, attemptsOfAdministrator, refused, other, moved };
  },

  async serve() {
    const server = serverOf({
      m: new MemorySource([{ signature: slow, file: 'slow.onnx' }]),
    });
    await server.serve('m');
    const ask = (turns: bigint): Promise<string> =>
      outcome(server.infer({ model: 'm' }, { inputs: [times(turns)] }));
    const hung = [await ask(WITHOUT_END), await ask(WITHOUT_END)];
    const answered = await ask(1n);
    const seen = await look();
    await server.close();
    return { ...seen, hung, answered, childrenAfterClose: childrenOf().length };
  },

  async orphan() {
    const server = serverOf({
      m: new MemorySource([{ signature: slow, file: 'slow.onnx' }]),
    });
    await server.serve('m');
    const ask = (): Promise<string> =>
      outcome(server.infer({ model: 'm' }, { inputs: [times(WITHOUT_END)] }));
    await ask();
    void ask();
    await until(() => childrenOf().length === 1);
    // It computes by then, while this process is killed, see below.
    await sleep(EXECUTION_TIMEOUT_MS / 2);
    return { child: childrenOf()[0] };
  },

  async share() {
    const server = serverOf({
      slow: new MemorySource([{ signature: slow, file: 'slow.onnx' }]),
      a: new MemorySource([{ signature: affine }]),
      b: new MemorySource([{ signature: affine }]),
      c: new MemorySource([{ signature: affine }]),
    });
    // One after the other: each of the two shared workers gets two.
    for (const model of ['slow', 'a', 'b', 'c']) await server.serve(model);
    const hung = outcome(server.infer({ model: 'slow' }, { inputs: [times(WITHOUT_END)] }));
    const others = await Promise.all(
      ['a', 'b', 'c'].flatMap((model) => [
        outcome(server.infer({ model }, { inputs: [many] })),
        outcome(server.infer({ model }, { inputs: [many] })),
      ]),
    );
    const again = await outcome(server.infer({ model: 'slow' }, { inputs: [times(1n)] }));
    const lost = ['slow', 'a', 'b', 'c'].map((model) => count('worker-lost', model));
    return { ...(await look()), hung: await hung, others, again, lost };
  },
};

/** Threads of this process, but for this one, that use the processor, and child processes. */
async function look(): Promise<Seen> {
  const before = processorTicks();
  const endsAt = performance.now() + 10_000;
  for (;;) {
    await sleep(50);
    const used = [...processorTicks()].map(([id, ticks]) => ticks - (before.get(id) ?? ticks));
    // Where one thread has computed for 200 ms, any other that computes has for 50 ms, and one that waits has not.
    if (Math.max(...used) < 20 && performance.now() < endsAt) continue;
    return { computing: used.filter((ticks) => ticks >= 5).length, children: childrenOf().length };
  }
}

function processorTicks(): Map<string, number> {
  const ticks = new Map<string, number>();
  for (const id of readdirSync('/proc/self/task')) {
    if (id === String(process.pid)) continue;
    try {
      const stat = readFileSync(`/proc/self/task/${id}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      ticks.set(id, Number(fields[11]) + Number(fields[12]));
    } catch {
      // It ended.
    }
  }
  return ticks;
}

function childrenOf(): readonly string[] {
  const ids = readdirSync('/proc/self/task').map((id) => {
    try {
      return readFileSync(`/proc/self/task/${id}/children`, 'utf8').trim();
    } catch {
      return '';
    }
  });
  return ids.join(' ').split(' ').filter(Boolean);
}

const seen = await scenarios[process.argv[2] ?? '']?.();
process.stdout.write(JSON.stringify(seen), () => process.kill(process.pid, 'SIGKILL'));
