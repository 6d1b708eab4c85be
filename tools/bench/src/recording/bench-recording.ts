import { join } from 'node:path';
import { type BaselineDocument, baselineDocument, createBaseline } from '@fairlead/windows';
import { load, requireWrk, type LoadResult } from '../servers/load.ts';
import { benchModels, requestOf, signatureOf, type BenchModel } from '../servers/models.ts';
import type { Side } from '../servers/side.ts';
import { fairlead } from '../servers/sides.ts';
import { medianOf, ratioOf } from '../throughput/rounds.ts';

const MODEL = 'tabular';
const GOAL = 0.95;
const BASELINE_ROWS = 1000;

/** Measurements of the cost of records. */
export interface RecordingOptions {
  readonly connections: readonly number[];
  readonly seconds: number;
  /** Number of measurements of each side at each number of connections, in turn with the others. */
  readonly rounds: number;
  readonly folder: string;
}

const plain = fairlead('without records', { FAIRLEAD_WINDOWS: 'off' }, baselineOf);
const windowed = fairlead('windows', (folder) => stateOf(folder), baselineOf);
const recorded = fairlead(
  'windows, 10 % captured',
  (folder) => ({
    ...stateOf(folder),
    FAIRLEAD_CAPTURE_LOCATION: join(folder, 'captures'),
    FAIRLEAD_CAPTURE_SHARE: '0.1',
  }),
  baselineOf,
);

/** Requests a second of one row of 30 features, with and without records of them. */
export async function benchRecording(
  { connections: counts, seconds, rounds, folder }: RecordingOptions,
  print: (line: string) => void,
): Promise<void> {
  requireWrk();
  const model = benchModels(folder).find(({ name }) => name === MODEL);
  if (model === undefined) throw new Error(`there is no model ${MODEL}`);
  const body = requestOf(model);
  print(
    `Records: one row of 30 features a request, JSON; all requests are counted in windows; medians of ${rounds} rounds of ${seconds} s each, in which the sides take turns.`,
  );
  const sides: Side[] = [];
  try {
    for (const start of [plain, windowed, recorded]) {
      const side = await start(model, folder);
      sides.push(side);
      await load(side, body, { connections: 16, seconds: 2, folder });
    }
    print('');
    print(
      '| connections | side | requests/s | p50 ms | p99 ms | failed | CPU µs/request | RSS MiB | ÷ without records | goal |',
    );
    print('| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |');
    for (const connections of counts) {
      const results = sides.map((): LoadResult[] => []);
      for (let round = 0; round < rounds; round++) {
        for (const [index, side] of sides.entries()) {
          results[index]?.push(await load(side, body, { connections, seconds, folder }));
        }
      }
      const [without = []] = results;
      for (const side of results)
        print(toLine(connections, medianOf(side), ratioOf(side, without)));
    }
  } finally {
    for (const side of sides) await side.stop();
  }
}

function stateOf(folder: string): Readonly<Record<string, string>> {
  return { FAIRLEAD_STATE_FOLDER: join(folder, 'state') };
}

/** A baseline with 64 bins for each feature. */
function baselineOf(model: BenchModel): BaselineDocument {
  const { inputs, outputs } = signatureOf(model);
  const column = (seed: number): number[] =>
    Array.from({ length: BASELINE_ROWS }, (_, row) => Math.sin(row * 7 + seed));
  const columns = [...inputs, ...outputs].flatMap(({ name, shape }) =>
    Array.from({ length: shape[1] ?? 1 }, (_, index) => [`${name}[${index}]`, column(index)]),
  );
  const baseline = createBaseline(Object.fromEntries(columns) as Record<string, number[]>, {
    signature: { inputs, outputs },
  });
  return baselineDocument(baseline);
}

function toLine(connections: number, row: LoadResult, ratio: number): string {
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
    ratio >= GOAL ? `≥ ${GOAL}: met` : `≥ ${GOAL}: MISSED`,
  ];
  return `| ${cells.join(' | ')} |`;
}
