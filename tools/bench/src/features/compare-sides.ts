import { median } from '../percentile.ts';
import { load, requireWrk, type LoadResult } from '../servers/load.ts';
import { benchModels, requestOf, type BenchModel } from '../servers/models.ts';
import type { Side } from '../servers/side.ts';
import type { SideStarter } from '../servers/sides.ts';
import { medianOf, ratioOf } from '../throughput/rounds.ts';

const MODEL = 'tabular';
/** After 8 s V8 still compiles what only some requests need. */
const WARM_UP_SECONDS = 16;

/** Measurements of what a feature costs. */
export interface CompareOptions {
  readonly connections: readonly number[];
  readonly seconds: number;
  /** Number of measurements of each side at each number of connections and start, in turn with the others. */
  readonly rounds: number;
  /** Number of times that the processes are started: those of one side differ by a tenth as long as they run. */
  readonly starts: number;
  readonly folder: string;
}

/**
 * Requests a second of one row of 30 features by each side, as rows of a table with the ratio to the first side: the median of all starts, and of each.
 *
 * @param baseline - name of the first side, for the heading
 * @param goal - smallest ratio that is wanted, if there is a goal
 */
export async function compareSides(
  starters: readonly SideStarter[],
  baseline: string,
  goal: number | undefined,
  options: CompareOptions,
  print: (line: string) => void,
): Promise<void> {
  requireWrk();
  const { starts, folder } = options;
  const model = benchModels(folder).find(({ name }) => name === MODEL);
  if (model === undefined) throw new Error(`there is no model ${MODEL}`);
  const measured: LoadResult[][][][] = [];
  for (let start = 0; start < starts; start++) {
    measured.push(await measureStart(starters, model, options));
  }
  print('');
  print(
    `| connections | side | requests/s | p50 ms | p99 ms | failed | CPU µs/request | RSS MiB | ÷ ${baseline} | by start | goal |`,
  );
  print('| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- | --- |');
  for (const [at, connections] of options.connections.entries()) {
    for (const index of starters.keys()) {
      const rounds = measured.map((sides) => sides[at]?.[index] ?? []);
      const ratios = measured.map((sides) =>
        ratioOf(sides[at]?.[index] ?? [], sides[at]?.[0] ?? []),
      );
      print(toLine(connections, medianOf(rounds.flat()), ratios, goal));
    }
  }
}

/** Starts all sides and loads them in turn; returns the rounds by number of connections and side. */
async function measureStart(
  starters: readonly SideStarter[],
  model: BenchModel,
  { connections: counts, seconds, rounds, folder }: CompareOptions,
): Promise<LoadResult[][][]> {
  const body = requestOf(model);
  const sides: Side[] = [];
  try {
    for (const starter of starters) {
      const side = await starter(model, folder);
      sides.push(side);
      await load(side, body, { connections: 16, seconds: WARM_UP_SECONDS, folder });
    }
    const measured: LoadResult[][][] = [];
    for (const connections of counts) {
      const results = sides.map((): LoadResult[] => []);
      for (let round = 0; round < rounds; round++) {
        for (const [index, side] of sides.entries()) {
          results[index]?.push(await load(side, body, { connections, seconds, folder }));
        }
      }
      measured.push(results);
    }
    return measured;
  } finally {
    for (const side of sides) await side.stop();
  }
}

function toLine(
  connections: number,
  row: LoadResult,
  ratios: readonly number[],
  goal: number | undefined,
): string {
  const ratio = median(ratios);
  const cells = [
    String(connections),
    row.side,
    row.requestsPerSecond.toFixed(0),
    row.p50Ms.toFixed(2),
    row.p99Ms.toFixed(2),
    String(row.failed),
    row.cpuMicroseconds.toFixed(0),
    row.rssMiB.toFixed(0),
    ratio.toFixed(3),
    ratios.map((each) => each.toFixed(2)).join(', '),
    goal === undefined ? '' : `≥ ${goal}: ${ratio >= goal ? 'met' : 'MISSED'}`,
  ];
  return `| ${cells.join(' | ')} |`;
}
