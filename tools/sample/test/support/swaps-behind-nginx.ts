import { mkdirSync, readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { folderStore, ModelRegistry } from '@fairlead/registry';
import { httpCall, onnxModel, SteadyLoad, until } from '@fairlead/test-support';
import type { SampleApplication } from './sample-application.ts';

const MODEL = 'affine';
const ALIAS = 'champion';
/** Each version computes 2 x plus its offset. */
const OFFSETS: Readonly<Record<string, number>> = { '1': 1, '2': 101 };

/** Size of a run, and the sample that it uses. */
export interface SwapsBehindNginx {
  /** A running sample; {@link pushSwapVersions} pushed the versions before its start. */
  readonly application: SampleApplication;
  /** State folder of the sample. */
  readonly state: string;
  readonly port: number;
  readonly swaps: number;
  /** Minimum number of requests. */
  readonly requests: number;
  readonly perSecond: number;
  readonly onProgress?: (line: string) => void;
}

/** Result of a run. */
export interface SwapsReport {
  readonly sent: number;
  readonly answered: number;
  /** Failed requests, and responses that aren't the result of the version that they name. */
  readonly failures: readonly unknown[];
  /** Responses by the version that they name. */
  readonly versions: Readonly<Record<string, number>>;
  /** Starts and ends of gateways during the run, in order. */
  readonly gateways: readonly string[];
  readonly longestMs: number;
  readonly seconds: number;
}

/**
 * Moves an alias between two versions in a running sample, and replaces its gateway halfway, while requests pass through Nginx
 * at a steady rate over keep-alive connections. No request is sent twice.
 */
export async function swapBehindNginx(options: SwapsBehindNginx): Promise<SwapsReport> {
  const { application, state, port, swaps, requests, perSecond, onProgress } = options;
  const registry = new ModelRegistry({ store: folderStore(join(state, 'registry')) });
  const log = join(state, 'host/logs/gateway.log');
  const logStart = readFileSync(log).length;
  const { key } = JSON.parse(readFileSync(join(state, 'secrets.json'), 'utf8')) as { key: string };
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  let longestMs = 0;
  const load = new SteadyLoad(perSecond, async (number) => {
    const data = [number, -number];
    const startedAt = performance.now();
    const answer = await httpCall({ port }, `/v2/models/${MODEL}/infer`, {
      agent,
      headers: { authorization: `Bearer ${key}` },
      body: { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data }] },
    });
    longestMs = Math.max(longestMs, performance.now() - startedAt);
    return versionOf(answer.body, answer.headers['fairlead-version'], data);
  });
  const answersOf = (version: string) => load.responses.filter((each) => each === version).length;
  /** Waits until a version has answered 50 more requests. */
  const untilAnswers = async (version: string): Promise<void> => {
    const before = answersOf(version);
    await until(() => answersOf(version) >= before + 50);
  };
  await untilAnswers('1');
  for (let swap = 1; swap <= swaps; swap++) {
    const version = swap % 2 === 1 ? 2 : 1;
    await registry.setAlias(MODEL, ALIAS, version, { actor: 'test' });
    // During a swap.
    if (swap === Math.ceil(swaps / 2)) application.process.kill('SIGUSR2');
    await untilAnswers(String(version));
    onProgress?.(
      `${swap} swaps, ${load.responses.length} answers, ${load.failures.length} failures`,
    );
  }
  await application.says('Another gateway has taken over.');
  while (load.sent < requests) await untilAnswers(swaps % 2 === 1 ? '2' : '1');
  const seconds = await load.stop();
  agent.destroy();
  return {
    sent: load.sent,
    answered: load.responses.length,
    failures: load.failures,
    versions: { '1': answersOf('1'), '2': answersOf('2') },
    gateways: gatewaysOf(readFileSync(log).subarray(logStart).toString()),
    longestMs,
    seconds,
  };
}

/** Pushes two versions with different results into the registry of a sample that hasn't been started yet. */
export async function pushSwapVersions(state: string): Promise<void> {
  const folder = join(state, 'registry');
  mkdirSync(folder, { recursive: true });
  const registry = new ModelRegistry({ store: folderStore(folder) });
  for (const file of ['affine', 'affine-next']) {
    await registry.push({
      model: MODEL,
      runtime: { name: 'onnx' },
      signature: {
        inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
        outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }],
      },
      files: { 'model.onnx': onnxModel(file) },
      actor: 'test',
    });
  }
  await registry.setAlias(MODEL, ALIAS, 1, { actor: 'test' });
}

/** Returns the version that a response names; throws when the result isn't that version's. */
function versionOf(text: string, header: unknown, data: readonly number[]): string {
  const { model_version: version, outputs } = JSON.parse(text) as {
    readonly model_version?: string;
    readonly outputs?: readonly { readonly data: readonly number[] }[];
  };
  const offset = OFFSETS[version ?? ''] ?? NaN;
  const right = data.map((x) => 2 * x + offset).join();
  if (version === undefined || header !== version || outputs?.[0]?.data.join() !== right) {
    throw new Error(`${text.slice(0, 300)} instead of ${right}`);
  }
  return version;
}

function gatewaysOf(log: string): readonly string[] {
  const lines = log.trim().split('\n');
  return lines.flatMap((line) => {
    const { msg, clean } = JSON.parse(line) as { readonly msg: string; readonly clean?: boolean };
    if (msg === 'stopped') return clean === true ? 'stopped' : 'cut off';
    return msg === 'listening' ? msg : [];
  });
}
