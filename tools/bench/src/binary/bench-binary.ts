import { load, requireWrk, type LoadResult } from '../servers/load.ts';
import {
  benchModels,
  binaryRequestOf,
  rawRequestOf,
  type BenchModel,
  type BinaryBody,
} from '../servers/models.ts';
import type { Side } from '../servers/side.ts';
import { fastApiBinary } from '../servers/python-sides.ts';
import { fairlead, type SideStarter } from '../servers/sides.ts';
import { medianOf, ratioOf } from '../throughput/rounds.ts';

/** Measurements of {@link benchBinary}. */
export interface BinaryOptions {
  readonly connections: readonly number[];
  readonly seconds: number;
  /** Number of measurements of each side at each number of connections, in turn with the others. */
  readonly rounds: number;
  /** Folder of the models and what the sides write. */
  readonly folder: string;
}

const WARM_UP_SECONDS = 8;
const GOAL_CPU = 1.2;
const GOAL_THROUGHPUT = 1.3;

const kinds: readonly {
  readonly start: SideStarter;
  readonly request: (model: BenchModel) => BinaryBody;
}[] = [
  {
    start: fairlead('Fairlead, 2 processes', { FAIRLEAD_PROCESSES: '2' }),
    request: binaryRequestOf,
  },
  { start: fairlead('Fairlead, guarded'), request: binaryRequestOf },
  { start: fastApiBinary, request: rawRequestOf },
];

/** Requests with one 3×224×224 tensor of FP32 each, as bytes: ours whole, against FastAPI that takes the bytes as they are. */
export async function benchBinary(
  { connections: counts, seconds, rounds, folder }: BinaryOptions,
  print: (line: string) => void,
): Promise<void> {
  requireWrk();
  const model = benchModels(folder).find(({ name }) => name === 'image');
  if (model === undefined) throw new Error('The benchmark has no model "image"');
  print(
    `One image a request, as bytes; every side and wrk on the same two cores; medians of ${rounds} rounds of ${seconds} s each, in which the sides take turns, after ${WARM_UP_SECONDS} s each.`,
  );
  const sides: { readonly side: Side; readonly body: Buffer }[] = [];
  try {
    for (const { start, request } of kinds) {
      const { body, headers } = request(model);
      const side = await start(model, folder);
      sides.push({ side: { ...side, headers: { ...side.headers, ...headers } }, body });
    }
    for (const { side, body } of sides) {
      await load(side, body, { connections: 16, seconds: WARM_UP_SECONDS, folder });
    }
    for (const connections of counts) {
      const results = sides.map((): LoadResult[] => []);
      for (let round = 0; round < rounds; round++) {
        for (const [index, { side, body }] of sides.entries()) {
          results[index]?.push(await load(side, body, { connections, seconds, folder }));
        }
      }
      report(connections, results, print);
    }
  } finally {
    for (const { side } of sides) await side.stop();
  }
}

function report(
  connections: number,
  results: readonly (readonly LoadResult[])[],
  print: (line: string) => void,
): void {
  print('');
  print(`### ${connections} connections`);
  print('');
  print(
    '| side | requests/s | p50 ms | p99 ms | failed | CPU µs/request | RSS MiB | requests/s ÷ FastAPI | CPU ÷ FastAPI |',
  );
  print('| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |');
  const theirs = results.at(-1) ?? [];
  for (const rounds of results) {
    const row = medianOf(rounds);
    const cells = [
      row.side,
      row.requestsPerSecond.toFixed(0),
      row.p50Ms.toFixed(2),
      row.p99Ms.toFixed(2),
      row.failed,
      row.cpuMicroseconds.toFixed(0),
      row.rssMiB.toFixed(0),
      ratioOf(rounds, theirs).toFixed(2),
      ratioOf(rounds, theirs, (result) => result.cpuMicroseconds).toFixed(2),
    ];
    print(`| ${cells.join(' | ')} |`);
  }
  if (connections !== 16) return;
  print('');
  print(
    `goals with 2 processes: CPU ≤ ${GOAL_CPU} × FastAPI’s, requests/s ≥ ${GOAL_THROUGHPUT} × FastAPI’s`,
  );
}
