import { median } from '../percentile.ts';
import { load, requireWrk, type LoadResult } from '../servers/load.ts';
import { answerTo, benchModels, type BenchModel } from '../servers/models.ts';
import { medianOf, ratioOf } from '../throughput/rounds.ts';
import { checkAnswer } from './check-answer.ts';
import { contenders, type Contender } from './contenders.ts';
import { peerGoals } from './peer-goals.ts';

/** Measurements of {@link benchPeers}. */
export interface PeersOptions {
  readonly models: readonly string[];
  readonly connections: readonly number[];
  readonly seconds: number;
  /** Starts of each side, in turn with the others. */
  readonly rounds: number;
  /** Folder of the models, of the peers' packages and of what the sides write. */
  readonly folder: string;
}

/** Result of one start of a side. */
interface Run {
  readonly firstAnswerMs: number;
  readonly cold: LoadResult;
  /** For each number of connections. */
  readonly warm: readonly LoadResult[];
}

const WARM_UP_SECONDS = 8;

/** More than this share of a core for anything else, and a row says that it was disturbed. */
const DISTURBED_CORES = 0.1;

/** Fairlead and every server that a team would take in its place, with the same ONNX file, one at a time on the same two cores. */
export async function benchPeers(
  options: PeersOptions,
  print: (line: string) => void,
): Promise<void> {
  requireWrk();
  const { seconds, rounds, folder } = options;
  print(
    `Peers: one row a request, JSON; each side is started alone, with wrk on the same two cores: the first second after its first answer ("cold"), ${WARM_UP_SECONDS} s of warm-up, then ${seconds} s for each number of connections; medians of ${rounds} such starts, in which the sides take turns. Each answer is compared with ONNX Runtime's first.`,
  );
  for (const model of benchModels(folder)) {
    if (options.models.includes(model.name)) await benchModel(model, options, print);
  }
}

async function benchModel(
  model: BenchModel,
  options: PeersOptions,
  print: (line: string) => void,
): Promise<void> {
  const expected = await answerTo(model);
  const runs = contenders.map((): Run[] => []);
  for (let round = 0; round < options.rounds; round++) {
    for (const [index, contender] of contenders.entries()) {
      runs[index]?.push(await runOnce(contender, model, expected, options));
    }
  }
  for (const [index, connections] of options.connections.entries()) {
    print('');
    print(`### ${model.name}, ${connections} connection${connections === 1 ? '' : 's'}`);
    print('');
    print(
      '| side | requests/s (lowest to highest) | p50 ms | p99 ms | failed | CPU µs/request | cores | RSS MiB | first answer ms | cold requests/s | Fairlead 1 ÷ side | Fairlead 2 ÷ side | other cores |',
    );
    print(`| --- |${' ---: |'.repeat(12)}`);
    const results = runs.map((each) => each.flatMap(({ warm }) => warm.slice(index, index + 1)));
    const [one = [], two = []] = results;
    for (const [side, starts] of runs.entries()) {
      print(toLine(starts, results[side] ?? [], one, two));
    }
    print('');
    for (const line of peerGoals(model.name, connections, results)) print(line);
  }
}

async function runOnce(
  { start, request }: Contender,
  model: BenchModel,
  expected: readonly number[],
  { connections: counts, seconds, folder }: PeersOptions,
): Promise<Run> {
  const body = request(model);
  const side = await start(model, folder);
  try {
    await checkAnswer(side, body, expected);
    const connections = counts[0] ?? 64;
    const cold = await load(side, body, { connections, seconds: 1, folder });
    await load(side, body, { connections, seconds: WARM_UP_SECONDS, folder });
    const warm: LoadResult[] = [];
    for (const each of counts) {
      warm.push(await load(side, body, { connections: each, seconds, folder }));
    }
    return { firstAnswerMs: side.firstAnswerMs, cold, warm };
  } finally {
    await side.stop();
  }
}

function toLine(
  starts: readonly Run[],
  rounds: readonly LoadResult[],
  one: readonly LoadResult[],
  two: readonly LoadResult[],
): string {
  const row = medianOf(rounds);
  const rates = rounds.map(({ requestsPerSecond }) => requestsPerSecond);
  const others = Math.max(...rounds.map(({ otherCores }) => otherCores));
  const cells = [
    row.side,
    `${row.requestsPerSecond.toFixed(0)} (${Math.min(...rates).toFixed(0)} to ${Math.max(...rates).toFixed(0)})`,
    row.p50Ms.toFixed(2),
    row.p99Ms.toFixed(2),
    row.failed,
    row.cpuMicroseconds.toFixed(0),
    row.cores.toFixed(2),
    row.rssMiB.toFixed(0),
    median(starts.map(({ firstAnswerMs }) => firstAnswerMs)).toFixed(0),
    median(starts.map(({ cold }) => cold.requestsPerSecond)).toFixed(0),
    ratioOf(one, rounds).toFixed(2),
    ratioOf(two, rounds).toFixed(2),
    `${others.toFixed(2)}${others > DISTURBED_CORES ? ', disturbed' : ''}`,
  ];
  return `| ${cells.join(' | ')} |`;
}
