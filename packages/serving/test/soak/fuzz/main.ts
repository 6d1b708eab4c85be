import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packInput, unpackInput, type FuzzInput } from './fuzz-input.ts';
import { GrpcTarget } from './grpc-target.ts';
import { cpuMs, HttpTarget } from './http-target.ts';
import { fuzzOverSockets } from './over-sockets.ts';
import { fuzz, FuzzError, timesOf } from './run-fuzz.ts';
import { MOST_MS, verdictOf } from './verdict.ts';
import { Watchdog } from './watchdog.ts';
import { worstBodies } from './worst-bodies.ts';

// npm run soak -- fuzz [--inputs 1000000] [--sockets 20000] [--seed 1] [--replay FILE] [--worst]
const { values } = parseArgs({
  allowPositionals: true,
  options: {
    inputs: { type: 'string', default: '1000000' },
    sockets: { type: 'string' },
    seed: { type: 'string', default: '1' },
    replay: { type: 'string' },
    worst: { type: 'boolean', default: false },
  },
});
const inputs = Number(values.inputs);
const sockets = Number(values.sockets ?? Math.ceil(inputs / 50));
const seed = Number(values.seed);
const path = join(tmpdir(), 'fairlead-fuzz-input.json');
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const startedAt = performance.now();
const seconds = (): string => `${((performance.now() - startedAt) / 1000).toFixed(0)} s`;
// A reader that closed the pipe needs no more.
process.stdout.on('error', () => process.exit(1));
let escaped = 0;
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => {
    escaped += 1;
    print(`${event}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    process.exitCode = 1;
  });
}

if (values.worst) await tryWorst();
else if (values.replay !== undefined)
  await replay(unpackInput(readFileSync(values.replay, 'utf8')));
else await run();

async function run(): Promise<void> {
  const watchdog = new Watchdog(path, 20_000);
  try {
    const report = await fuzz({
      inputs,
      seed,
      mostMs: MOST_MS,
      onInput: (input) => {
        watchdog.see(input);
      },
      onProgress: (line) => {
        print(`${line}; ${seconds()}`);
      },
    });
    const all = Object.values(report.inputs).reduce((sum, each) => sum + each, 0);
    print(
      `${all} inputs, each answered as it should be: ${JSON.stringify(report.statuses)}; ${seconds()}`,
    );
  } catch (error) {
    if (!(error instanceof FuzzError)) throw error;
    writeFileSync(path, packInput(error.input));
    print(`${error.message}\nrepeat it: npm run soak -- fuzz --replay ${path}`);
    process.exitCode = 1;
    return;
  } finally {
    await watchdog.stop();
  }
  const { requests, abandoned, messages, statuses } = await fuzzOverSockets(sockets, seed);
  print(
    `${requests} requests over sockets, ${abandoned} of them broken off, and ${messages} messages of gRPC: ${JSON.stringify(statuses)}; ${seconds()}`,
  );
  // In a separate process: code that is compiled for coverage is slower.
  const worst = spawn(process.execPath, [...process.execArgv, process.argv[1] ?? '', '--worst'], {
    stdio: 'inherit',
  });
  const [code] = (await once(worst, 'exit')) as [number | null];
  if (code !== 0) process.exitCode = 1;
  print(
    escaped === 0 ? `no exception escaped; ${seconds()} in all` : `${escaped} exceptions escaped`,
  );
}

/** Bodies of a megabyte that are as bad as they can be made, the longest first. */
async function tryWorst(): Promise<void> {
  const target = await HttpTarget.start();
  const rows: {
    name: string;
    parseMs: number;
    decodeMs: number;
    encodeMs: number;
    status: number;
  }[] = [];
  for (const [name, input] of Object.entries(worstBodies())) {
    rows.push({ name, parseMs: parseMsOf(input), ...(await timesOf(target, input)) });
  }
  await target.close();
  rows.sort((a, b) => b.decodeMs - a.decodeMs);
  print(
    'Bodies of a megabyte, in ms of processor time: until the execution or the refusal, how much of that JSON.parse takes alone,\nand for writing the answer.',
  );
  const column = (ms: number): string => ms.toFixed(1).padStart(7);
  for (const { name, parseMs, decodeMs, encodeMs, status } of rows) {
    // The time of V8's parser is the price of JSON.
    const late = decodeMs - parseMs > MOST_MS ? ', too long' : '';
    if (late !== '') process.exitCode = 1;
    print(`${column(decodeMs)}${column(parseMs)}${column(encodeMs)}  ${status}  ${name}${late}`);
  }
}

/** Time of `JSON.parse` alone: the median of five; 0 for what isn't JSON. */
function parseMsOf({ headers, body }: FuzzInput): number {
  if (headers['content-encoding'] !== undefined) return 0;
  const end = Number(headers['inference-header-content-length'] ?? body.length);
  const times = Array.from({ length: 5 }, () => {
    // A new string each time: V8 caches some work of a known one.
    const text = body.toString('utf8', 0, end);
    const before = cpuMs();
    try {
      JSON.parse(text);
    } catch {
      return 0;
    }
    return cpuMs() - before;
  });
  return times.sort((a, b) => a - b)[2] ?? 0;
}

async function replay(input: FuzzInput): Promise<void> {
  const target = await HttpTarget.start();
  if (input.path.startsWith('grpc:')) {
    print((await new GrpcTarget(target.server).ask(input.body)) ?? 'as it should be');
  } else {
    const answer = await target.ask(input);
    const { decodeMs, encodeMs } = await timesOf(target, input);
    print(`${answer.status} ${answer.body.subarray(0, 1000).toString()}`);
    print(`${decodeMs} ms, ${encodeMs} ms; ${verdictOf(input, answer) ?? 'as it should be'}`);
  }
  await target.close();
}
