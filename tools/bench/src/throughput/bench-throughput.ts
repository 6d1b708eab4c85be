import { load, requireWrk, type LoadResult } from '../servers/load.ts';
import { benchModels, requestOf, type BenchModel } from '../servers/models.ts';
import { bare, constant, fairlead, flask, naive, type SideStarter } from '../servers/sides.ts';

/** What is measured; fewer connections and shorter runs for a quick look. */
export interface ThroughputOptions {
  readonly models: readonly string[];
  readonly connections: readonly number[];
  readonly seconds: number;
  /** Folder of the models and what the sides write. */
  readonly folder: string;
}

/** What a side without batches loses; only told of the model that is large enough to make it interesting. */
const unbatched = fairlead('Fairlead, unbatched', { FAIRLEAD_MAX_BATCH_ROWS: '1' });

/** Requests a second of one row each as JSON: ours whole, against its peers and against what node:http can do at all. */
export async function benchThroughput(
  options: ThroughputOptions,
  print: (line: string) => void,
): Promise<void> {
  requireWrk();
  print(
    `Throughput: one row a request, JSON; every side and wrk on all cores, ${options.seconds} s each after a warm-up.`,
  );
  const chosen = benchModels(options.folder).filter(({ name }) => options.models.includes(name));
  for (const model of chosen) await benchModel(model, options, print);
}

async function benchModel(
  model: BenchModel,
  { connections: counts, seconds, folder }: ThroughputOptions,
  print: (line: string) => void,
): Promise<void> {
  const body = requestOf(model);
  const table = new Map<number, LoadResult[]>();
  const sides: SideStarter[] = [fairlead(), flask, naive, bare, constant];
  if (model.name === 'large') sides.push(unbatched);
  for (const start of sides) {
    const side = await start(model, folder);
    try {
      await load(side, body, { connections: 16, seconds: 2, folder });
      for (const connections of counts) {
        const rows = table.get(connections) ?? [];
        rows.push(await load(side, body, { connections, seconds, folder }));
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
    print(
      '| side | requests/s | p50 ms | p99 ms | loop lag p99 ms | failed | CPU µs/request | RSS MiB | Fairlead ÷ side |',
    );
    print('| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |');
    const ours = rows[0]?.requestsPerSecond ?? NaN;
    for (const row of rows) print(toLine(row, ours));
  }
}

function toLine(row: LoadResult, ours: number): string {
  const cells = [
    row.side,
    row.requestsPerSecond.toFixed(0),
    row.p50Ms.toFixed(2),
    row.p99Ms.toFixed(2),
    row.loopLagP99Ms?.toFixed(1) ?? '',
    String(row.failed),
    row.cpuMicroseconds.toFixed(0),
    row.rssMiB.toFixed(0),
    (ours / row.requestsPerSecond).toFixed(2),
  ];
  return `| ${cells.join(' | ')} |`;
}
