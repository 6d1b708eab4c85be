import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../percentile.ts';
import { load, requireWrk, type LoadResult } from '../servers/load.ts';
import { benchModels, requestOf, type BenchModel } from '../servers/models.ts';
import { usageOf } from '../servers/process-usage.ts';
import type { Side } from '../servers/side.ts';
import { flask } from '../servers/python-sides.ts';
import { bare, fairlead, type SideStarter } from '../servers/sides.ts';

/** Options of {@link benchStart}. */
export interface StartOptions {
  /** Duration of the load that is taken as the steady state, after a warm-up of as many seconds. */
  readonly seconds: number;
  /** Starts of each side, in turn with the others. */
  readonly rounds: number;
  /** Folder of the models and what the sides write. */
  readonly folder: string;
}

interface Start {
  readonly firstAnswerMs: number;
  /** Undefined for sides that don't report it. */
  readonly readyMs: number | undefined;
  readonly idleMiB: number;
  readonly firstSecond: LoadResult;
  readonly steady: LoadResult;
}

const CONNECTIONS = 64;

const SIDES: readonly (readonly [SideStarter, hasReadiness: boolean])[] = [
  [fairlead(), true],
  [fairlead('Fairlead, no warm-up', { FAIRLEAD_WARM_UP_MS: '0' }), true],
  [flask, false],
  [bare, false],
];

/** How soon each side answers after its start, and how much slower the first second after that is than later ones. */
export async function benchStart(
  { seconds, rounds, folder }: StartOptions,
  print: (line: string) => void,
): Promise<void> {
  requireWrk();
  const model = benchModels(folder).find(({ name }) => name === 'medium');
  if (model === undefined) throw new Error('there is no medium model');
  print(
    `Start: model medium, ${CONNECTIONS} connections; the first second after the side is ready against ${seconds} s after another ${seconds} s; medians of ${rounds} starts, in which the sides take turns.`,
  );
  print('');
  print(
    '| side | first answer ms | ready ms | idle RSS MiB | first second: requests/s | p99 ms | CPU µs/request | steady: requests/s | p99 ms | CPU µs/request | RSS MiB | first second ÷ steady |',
  );
  print(`| --- |${' ---: |'.repeat(11)}`);
  const starts = SIDES.map((): Start[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, [start, hasReadiness]] of SIDES.entries()) {
      const side = await start(model, folder);
      try {
        starts[index]?.push(await measure(side, model, hasReadiness, { seconds, folder }));
      } finally {
        await side.stop();
      }
    }
  }
  for (const each of starts) print(toLine(each));
}

async function measure(
  side: Side,
  model: BenchModel,
  hasReadiness: boolean,
  { seconds, folder }: { readonly seconds: number; readonly folder: string },
): Promise<Start> {
  const body = requestOf(model);
  const answeredAt = performance.now();
  const ready = `http://127.0.0.1:${side.port}/v2/health/ready`;
  while (hasReadiness && (await fetch(ready)).status !== 200) await sleep(5);
  const readyMs = side.firstAnswerMs + performance.now() - answeredAt;
  const { rssMiB: idleMiB } = usageOf(side.process.pid ?? 0);
  const connections = CONNECTIONS;
  const firstSecond = await load(side, body, { connections, seconds: 1, folder });
  await load(side, body, { connections, seconds, folder });
  const steady = await load(side, body, { connections, seconds, folder });
  const { firstAnswerMs } = side;
  return {
    ...{ firstAnswerMs, readyMs: hasReadiness ? readyMs : undefined, idleMiB },
    ...{ firstSecond, steady },
  };
}

function toLine(starts: readonly Start[]): string {
  const of = (read: (start: Start) => number): number => median(starts.map(read));
  const [first] = starts;
  const cells = [
    first?.steady.side ?? '',
    of((each) => each.firstAnswerMs).toFixed(0),
    first?.readyMs === undefined ? '' : of((each) => each.readyMs ?? NaN).toFixed(0),
    of((each) => each.idleMiB).toFixed(0),
    ...(['firstSecond', 'steady'] as const).flatMap((part) => [
      of((each) => each[part].requestsPerSecond).toFixed(0),
      of((each) => each[part].p99Ms).toFixed(1),
      of((each) => each[part].cpuMicroseconds).toFixed(0),
    ]),
    of((each) => each.steady.rssMiB).toFixed(0),
    of(
      ({ firstSecond, steady }) => firstSecond.requestsPerSecond / steady.requestsPerSecond,
    ).toFixed(2),
  ];
  return `| ${cells.join(' | ')} |`;
}
