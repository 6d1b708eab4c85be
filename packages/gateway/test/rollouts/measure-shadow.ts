import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { folderStore, ModelRegistry } from '@fairlead/registry';
import { readPlan, RolloutLog } from '@fairlead/rollout';
import { httpCall, SteadyLoad, until } from '@fairlead/test-support';
import { gatewayCommand, processEnvironment } from '../support/gateway-command.ts';
import { onnxVersion } from '../support/sample-registry.ts';

const MODEL = 'affine';
const by = { actor: 'test' };
/** An execution of the model takes milliseconds. */
const body = { inputs: [{ name: 'times', datatype: 'INT64', shape: [1], data: [10] }] };

/** Requests of the first seconds aren't measured. */
const SETTLE_MS = 3000;

/** Options of {@link measureShadow}. */
export interface MeasureShadowOptions {
  /** Rounds, each once without a shadow and once beside it. */
  readonly rounds: number;
  /** Seconds of each half of a round. */
  readonly seconds: number;
  /** Requests a second. */
  readonly rate: number;
  /** Share of the requests that the shadow gets a copy of. */
  readonly share: number;
  /** Receives a line for each round. */
  readonly onRound: (line: string) => void;
}

/** Latencies: the median over the rounds of each percentile. */
export interface Latencies {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly requests: number;
  /** Requests that the shadow computed. */
  readonly copies: number;
}

/**
 * Measures what clients notice of a shadow, in interleaved rounds: a machine is busier at one time than at another. Every other round begins beside the shadow, so that
 * a trend favors neither half.
 */
export async function measureShadow(
  folder: string,
  { rounds, seconds, rate, share, onRound }: MeasureShadowOptions,
): Promise<{
  readonly without: Latencies;
  readonly beside: Latencies;
  /** Median over the rounds of the p99 beside the shadow, divided by that without it. */
  readonly ratio: number;
  /** Smallest and largest ratio of a round. */
  readonly range: readonly [number, number];
  readonly failures: number;
}> {
  const store = folderStore(join(folder, 'registry'));
  const registry = new ModelRegistry({ store });
  await registry.push(onnxVersion(MODEL, 'slow'));
  await registry.push({ ...onnxVersion(MODEL, 'slow'), metrics: { again: 1 } });
  await registry.setAlias(MODEL, 'champion', 1, by);
  const log = new RolloutLog({ objects: store, model: MODEL });
  const address = { socketPath: join(folder, 'gateway.sock') };
  const [program, ...args] = gatewayCommand;
  const gateway = spawn(program, args, {
    stdio: 'ignore',
    env: {
      ...processEnvironment,
      FAIRLEAD_REGISTRY: join(folder, 'registry'),
      FAIRLEAD_LISTEN: `unix:${address.socketPath}`,
      FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
      FAIRLEAD_POLL_INTERVAL_MS: '100',
    },
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const text = async (path: string): Promise<string> =>
    (await httpCall(address, path, { agent }).catch(() => ({ body: '' }))).body;
  const copies = async (): Promise<number> =>
    Number(
      /nv_inference_request_success\{model="affine",version="2"\} (\d+)/.exec(
        await text('/metrics'),
      )?.[1] ?? 0,
    );
  let failures = 0;
  const measure = async (): Promise<Latencies> => {
    const before = await copies();
    const durations: number[] = [];
    const begunAt = performance.now();
    const load = new SteadyLoad<number>(rate, async () => {
      const sentAt = performance.now();
      const { status } = await httpCall(address, `/v2/models/${MODEL}/infer`, { body, agent });
      // A version that was just loaded takes time of the processor from all requests, once.
      if (sentAt > begunAt + SETTLE_MS) durations.push(performance.now() - sentAt);
      return status;
    });
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS + seconds * 1000));
    await load.stop();
    failures += load.failures.length + load.responses.filter((status) => status !== 200).length;
    return {
      p50Ms: percentile(durations, 0.5),
      p99Ms: percentile(durations, 0.99),
      requests: load.sent,
      copies: (await copies()) - before,
    };
  };
  const loads = (versions: string) =>
    until(async () => (await text(`/v2/models/${MODEL}`)).includes(`"versions":${versions}`));
  const measureBeside = async (round: number): Promise<Latencies> => {
    const plan = readPlan({
      ...{ kind: 'shadow', unit: 'request', baseline: '1', candidate: '2' },
      steps: [{ share, minMinutes: 60 }],
    });
    await log.start(plan, { ...by, reason: `round ${round}` });
    await loads('["1","2"]');
    const beside = await measure();
    await log.change({ type: 'ended', result: 'aborted', ...by, reason: 'measured' });
    await loads('["1"]');
    return beside;
  };
  const found: { readonly without: Latencies; readonly beside: Latencies }[] = [];
  try {
    await loads('["1"]');
    await measure();
    for (let round = 1; round <= rounds; round += 1) {
      const first = round % 2 === 0 ? await measureBeside(round) : undefined;
      const without = await measure();
      const beside = first ?? (await measureBeside(round));
      found.push({ without, beside });
      const [a, b] = [without.p99Ms, beside.p99Ms].map((ms) => ms.toFixed(2));
      onRound(`round ${round}: p99 ${a} ms without, ${b} ms beside ${beside.copies} copies`);
    }
  } finally {
    agent.destroy();
    const ended = once(gateway, 'exit');
    gateway.kill('SIGTERM');
    await ended;
  }
  const ratios = found.map(({ without, beside }) => beside.p99Ms / without.p99Ms);
  return {
    ratio: percentile(ratios, 0.5),
    range: [Math.min(...ratios), Math.max(...ratios)],
    without: summarize(found.map(({ without }) => without)),
    beside: summarize(found.map(({ beside }) => beside)),
    failures,
  };
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

function summarize(rounds: readonly Latencies[]): Latencies {
  const sum = (of: (each: Latencies) => number): number =>
    rounds.reduce((total, each) => total + of(each), 0);
  return {
    p50Ms: percentile(
      rounds.map(({ p50Ms }) => p50Ms),
      0.5,
    ),
    p99Ms: percentile(
      rounds.map(({ p99Ms }) => p99Ms),
      0.5,
    ),
    requests: sum(({ requests }) => requests),
    copies: sum(({ copies }) => copies),
  };
}
