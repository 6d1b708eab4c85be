import { mkdirSync, readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folderStore, ModelRegistry } from '@fairlead/registry';
import { httpCall, SteadyLoad, until } from '@fairlead/test-support';
import { startSample, type SampleApplication } from './sample-application.ts';

const MODEL = 'affine';
const ALIAS = 'champion';
const onnx = (name: string): string =>
  fileURLToPath(new URL(`../../../../packages/serving/test/models/${name}.onnx`, import.meta.url));
/** What each version adds to 2 x. */
const OFFSETS: Readonly<Record<string, number>> = { '1': 1, '2': 101 };

/** How much of it. */
export interface SwapsBehindNginx {
  /** An empty folder for the sample. */
  readonly state: string;
  readonly port: number;
  readonly swaps: number;
  /** Requests at least; it goes on until both are done. */
  readonly requests: number;
  readonly perSecond: number;
  readonly onProgress?: (line: string) => void;
}

/** What came of it. */
export interface SwapsReport {
  readonly sent: number;
  readonly answered: number;
  /** Whatever isn't the right answer of the version that it names. */
  readonly failures: readonly unknown[];
  /** Answers by the version that they name. */
  readonly versions: Readonly<Record<string, number>>;
  /** What the gateways said of their beginning and their end, in order. */
  readonly gateways: readonly string[];
  readonly longestMs: number;
  readonly seconds: number;
  readonly application: SampleApplication;
}

/**
 * Moves an alias back and forth in the running sample, and has another gateway take over half-way, while requests come
 * through Nginx at a steady rate over kept connections. None is sent twice.
 */
export async function swapBehindNginx(options: SwapsBehindNginx): Promise<SwapsReport> {
  const { state, port, swaps, requests, perSecond, onProgress = () => undefined } = options;
  const registry = await pushVersions(join(state, 'registry'));
  const application = startSample(state, port);
  await application.says('Ctrl-C stops everything.');
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
  /** Waits until that version has answered some requests from now on. */
  const untilAnswers = async (version: string): Promise<void> => {
    const before = answersOf(version);
    await until(() => (answersOf(version) >= before + 50 ? true : undefined), 60_000);
  };
  await untilAnswers('1');
  for (let swap = 1; swap <= swaps; swap++) {
    const version = swap % 2 === 1 ? 2 : 1;
    await registry.setAlias(MODEL, ALIAS, version, { actor: 'test' });
    // In the middle of a swap.
    if (swap === Math.ceil(swaps / 2)) application.process.kill('SIGUSR2');
    await untilAnswers(String(version));
    onProgress(`${swap} swaps, ${load.responses.length} answers, ${load.failures.length} failures`);
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
    gateways: gatewaysOf(join(state, 'host/logs/gateway.log')),
    longestMs,
    seconds,
    application,
  };
}

/** Two versions that compute different things, so that an answer tells which it is from. */
async function pushVersions(folder: string): Promise<ModelRegistry> {
  mkdirSync(folder);
  const registry = new ModelRegistry({ store: folderStore(folder) });
  for (const file of ['affine', 'affine-next']) {
    await registry.push({
      model: MODEL,
      runtime: { name: 'onnx' },
      signature: {
        inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
        outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }],
      },
      files: { 'model.onnx': onnx(file) },
      actor: 'test',
    });
  }
  await registry.setAlias(MODEL, ALIAS, 1, { actor: 'test' });
  return registry;
}

/** The version that an answer names, which must be what that version computes. */
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
  const lines = readFileSync(log, 'utf8').trim().split('\n');
  return lines.flatMap((line) => {
    const { msg, clean } = JSON.parse(line) as { readonly msg: string; readonly clean?: boolean };
    if (msg === 'stopped') return clean === true ? 'stopped' : 'cut off';
    return msg === 'listening' ? msg : [];
  });
}
