import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { load, type LoadResult } from './load.ts';
import { benchModels, requestOf, type BenchModel } from './models.ts';
import { usageOf } from './process-usage.ts';
import type { Pinning, Side } from './side.ts';
import { sides } from './sides.ts';

const FOLDER = fileURLToPath(new URL('../../../../.fairlead/bench', import.meta.url));

/** What is measured; fewer connections and shorter runs for a quick look. */
export interface ThroughputOptions {
  readonly models: readonly string[];
  readonly connections: readonly number[];
  readonly seconds: number;
}

interface Row extends LoadResult {
  readonly side: string;
  /** Processor seconds for each second of the run. */
  readonly cpu: number;
  readonly rssMiB: number;
}

/** Requests a second of one row each as JSON: ours whole, against its peers and against what node:http can do at all. */
export async function benchThroughput(
  options: ThroughputOptions,
  print: (line: string) => void,
): Promise<void> {
  requireTools();
  mkdirSync(FOLDER, { recursive: true });
  const cores = availableParallelism();
  const pinning = { servers: cores > 1 ? `0-${cores - 2}` : '0', load: String(cores - 1) };
  print(
    `Throughput: one row a request, JSON; servers on core ${pinning.servers}, wrk on core ${pinning.load}, ${options.seconds} s each after a warm-up.`,
  );
  const chosen = benchModels(FOLDER).filter(({ name }) => options.models.includes(name));
  for (const model of chosen) await benchModel(model, pinning, options, print);
}

async function benchModel(
  model: BenchModel,
  pinning: Pinning,
  options: ThroughputOptions,
  print: (line: string) => void,
): Promise<void> {
  const body = requestOf(model);
  const table = new Map<number, Row[]>();
  for (const start of sides) {
    const side = await start(model, pinning, FOLDER);
    try {
      run(side, body, 16, 2, pinning.load);
      for (const connections of options.connections) {
        const rows = table.get(connections) ?? [];
        rows.push(run(side, body, connections, options.seconds, pinning.load));
        table.set(connections, rows);
      }
    } finally {
      await side.stop();
    }
  }
  for (const [connections, rows] of table) {
    print('');
    print(`### ${model.name}, ${connections} connections (${body.length} bytes a request)`);
    print('');
    print('| side | requests/s | p50 ms | p99 ms | failed | CPU | RSS MiB | Fairlead ÷ side |');
    print('| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |');
    const ours = rows[0]?.requestsPerSecond ?? NaN;
    for (const row of rows) {
      const ratio = (ours / row.requestsPerSecond).toFixed(2);
      print(
        `| ${row.side} | ${row.requestsPerSecond.toFixed(0)} | ${row.p50Ms.toFixed(2)} | ${row.p99Ms.toFixed(2)} | ${row.failed} | ${row.cpu.toFixed(2)} | ${row.rssMiB.toFixed(0)} | ${ratio} |`,
      );
    }
  }
}

function run(side: Side, body: string, connections: number, seconds: number, core: string): Row {
  const { pid } = side.process;
  const before = usageOf(pid ?? 0);
  const result = load(side, body, { connections, seconds, core, folder: FOLDER });
  const after = usageOf(pid ?? 0);
  const cpu = (after.cpuSeconds - before.cpuSeconds) / seconds;
  return { ...result, side: side.name, cpu, rssMiB: after.rssMiB };
}

function requireTools(): void {
  for (const [tool, fix] of [
    ['wrk', 'apt-get install -y wrk'],
    ['taskset', 'apt-get install -y util-linux'],
  ] as const) {
    try {
      execFileSync('/bin/sh', ['-c', `command -v ${tool}`], { stdio: 'ignore' });
    } catch (cause) {
      throw new Error(`The benchmark needs ${tool}: ${fix}`, { cause });
    }
  }
}
