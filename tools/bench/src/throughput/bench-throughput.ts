import { load, requireWrk, type LoadResult } from '../servers/load.ts';
import { benchModels, requestOf, type BenchModel } from '../servers/models.ts';
import type { Side } from '../servers/side.ts';
import { flask } from '../servers/python-sides.ts';
import { bare, constant, fairlead, naive, type SideStarter } from '../servers/sides.ts';
import { goalsOf, type Goal } from './goals.ts';
import { medianOf, ratioOf } from './rounds.ts';

/** Measurements; a quick run has fewer connections and is shorter. */
export interface ThroughputOptions {
  readonly models: readonly string[];
  readonly connections: readonly number[];
  readonly seconds: number;
  /** Number of measurements of each side at each number of connections, in turn with the others. */
  readonly rounds: number;
  /** Folder of the models and what the sides write. */
  readonly folder: string;
}

/** The same gateway with an event loop for each core. */
const twoProcesses = fairlead('Fairlead, 2 processes', { FAIRLEAD_PROCESSES: '2' });

/** Loss of a side without batches; printed only for the model that is large enough to show it. */
const unbatched = fairlead('Fairlead, unbatched', { FAIRLEAD_MAX_BATCH_ROWS: '1' });

/** Requests a second of one row each as JSON: ours whole, against its peers and against what node:http can do at all. */
export async function benchThroughput(
  options: ThroughputOptions,
  print: (line: string) => void,
): Promise<void> {
  requireWrk();
  const { seconds, rounds, folder } = options;
  print(
    `Throughput: one row a request, JSON; every side and wrk on the same two cores; medians of ${rounds} rounds of ${seconds} s each, in which the sides take turns.`,
  );
  const goals: Goal[] = [];
  for (const model of benchModels(folder)) {
    if (options.models.includes(model.name)) {
      goals.push(...(await benchModel(model, options, print)));
    }
  }
  if (goals.length === 0) return;
  print('');
  print('### Goals');
  print('');
  print('| what | goal | measured |');
  print('| --- | ---: | ---: |');
  for (const { what, goal, measured } of goals) print(`| ${what} | ${goal} | ${measured} |`);
}

async function benchModel(
  model: BenchModel,
  { connections: counts, seconds, rounds, folder }: ThroughputOptions,
  print: (line: string) => void,
): Promise<readonly Goal[]> {
  const body = requestOf(model);
  const starters: SideStarter[] = [fairlead(), twoProcesses, flask, naive, bare, constant];
  if (model.name === 'large') starters.push(unbatched);
  const sides: Side[] = [];
  const goals: Goal[] = [];
  try {
    for (const start of starters) {
      const side = await start(model, folder);
      sides.push(side);
      await load(side, body, { connections: 16, seconds: 2, folder });
    }
    for (const connections of counts) {
      // In turn: a machine whose speed drifts does so for all of them.
      const results = sides.map((): LoadResult[] => []);
      for (let round = 0; round < rounds; round++) {
        for (const [index, side] of sides.entries()) {
          results[index]?.push(await load(side, body, { connections, seconds, folder }));
        }
      }
      print('');
      print(`### ${model.name}, ${connections} connections (${body.length} bytes a request)`);
      print('');
      print(
        '| side | requests/s | p50 ms | p99 ms | loop lag p99 ms | failed | CPU µs/request | RSS MiB | Fairlead ÷ side |',
      );
      print('| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |');
      const [ours = []] = results;
      for (const side of results) print(toLine(medianOf(side), ratioOf(ours, side)));
      goals.push(...goalsOf(model.name, connections, results));
    }
  } finally {
    for (const side of sides) await side.stop();
  }
  return goals;
}

function toLine(row: LoadResult, ratio: number): string {
  const cells = [
    row.side,
    row.requestsPerSecond.toFixed(0),
    row.p50Ms.toFixed(2),
    row.p99Ms.toFixed(2),
    row.loopLagP99Ms?.toFixed(1) ?? '',
    String(row.failed),
    row.cpuMicroseconds.toFixed(0),
    row.rssMiB.toFixed(0),
    ratio.toFixed(2),
  ];
  return `| ${cells.join(' | ')} |`;
}
