import { median } from '../percentile.ts';
import { load, requireWrk, type LoadResult } from '../servers/load.ts';
import { benchModels, requestOf } from '../servers/models.ts';
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
  { connections: counts, seconds, rounds, starts, folder }: CompareOptions,
  print: (line: string) => void,
): Promise<void> {
  requireWrk();
  const model = benchModels(folder).find(({ name }) => name === MODEL);
  if (model === undefined) throw new Error(`there is no model ${MODEL}`);
  const body = requestOf(model);
  const measured = counts.map(() => starters.map((): LoadResult[][] => []));
  for (let start = 0; start < starts; start++) {
    const sides: Side[] = [];
    try {
      for (const starter of starters) {
        const side = await starter(model, folder);
        sides.push(side);
        await load(side, body, { connections: 16, seconds: WARM_UP_SECONDS, folder });
      }
      for (const [at, connections] of counts.entries()) {
        const results = sides.map((): LoadResult[] => []);
        for (let round = 0; round < rounds; round++) {
          for (const [index, side] of sides.entries()) {
            results[index]?.push(await load(side, body, { connections, seconds, folder }));
          }
        }
        for (const [index, rows] of results.entries()) measured[at]?.[index]?.push(rows);
      }
    } finally {
      for (const side of sides) await side.stop();
    }
  }
  print('');
  print(
    `| connections | side | requests/s | p50 ms | p99 ms | failed | CPU µs/request | RSS MiB | ÷ ${baseline} | by start | goal |`,
  );
  print('| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- | --- |');
  for (const [at, connections] of counts.entries()) {
    const sides = measured[at] ?? [];
    const [first = []] = sides;
    for (const side of sides) {
      const ratios = side.map((rows, start) => ratioOf(rows, first[start] ?? []));
      print(toLine(connections, medianOf(side.flat()), ratios, goal));
    }
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
