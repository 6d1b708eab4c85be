import { load, requireWrk, type LoadResult } from '../servers/load.ts';
import { benchModels, requestOf } from '../servers/models.ts';
import type { Side } from '../servers/side.ts';
import type { SideStarter } from '../servers/sides.ts';
import { medianOf, ratioOf } from '../throughput/rounds.ts';

const MODEL = 'tabular';
const WARM_UP_SECONDS = 8;

/** Measurements of what a feature costs. */
export interface CompareOptions {
  readonly connections: readonly number[];
  readonly seconds: number;
  /** Number of measurements of each side at each number of connections, in turn with the others. */
  readonly rounds: number;
  readonly folder: string;
}

/**
 * Requests a second of one row of 30 features by each side, as rows of a table with the ratio to the first side.
 *
 * @param baseline - name of the first side, for the heading
 * @param goal - smallest ratio that is wanted, if there is a goal
 */
export async function compareSides(
  starts: readonly SideStarter[],
  baseline: string,
  goal: number | undefined,
  { connections: counts, seconds, rounds, folder }: CompareOptions,
  print: (line: string) => void,
): Promise<void> {
  requireWrk();
  const model = benchModels(folder).find(({ name }) => name === MODEL);
  if (model === undefined) throw new Error(`there is no model ${MODEL}`);
  const body = requestOf(model);
  const sides: Side[] = [];
  try {
    for (const start of starts) {
      const side = await start(model, folder);
      sides.push(side);
      await load(side, body, { connections: 16, seconds: WARM_UP_SECONDS, folder });
    }
    print('');
    print(
      `| connections | side | requests/s | p50 ms | p99 ms | failed | CPU µs/request | RSS MiB | ÷ ${baseline} | goal |`,
    );
    print('| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |');
    for (const connections of counts) {
      const results = sides.map((): LoadResult[] => []);
      for (let round = 0; round < rounds; round++) {
        for (const [index, side] of sides.entries()) {
          results[index]?.push(await load(side, body, { connections, seconds, folder }));
        }
      }
      const [first = []] = results;
      for (const side of results)
        print(toLine(connections, medianOf(side), ratioOf(side, first), goal));
    }
  } finally {
    for (const side of sides) await side.stop();
  }
}

function toLine(
  connections: number,
  row: LoadResult,
  ratio: number,
  goal: number | undefined,
): string {
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
    goal === undefined ? '' : `≥ ${goal}: ${ratio >= goal ? 'met' : 'MISSED'}`,
  ];
  return `| ${cells.join(' | ')} |`;
}
