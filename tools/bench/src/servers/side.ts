import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { treeOf } from './process-usage.ts';

/** One side of a comparison: a server in separate processes. */
export interface Side {
  readonly name: string;
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly process: ChildProcess;
  /** Time from its start to its first prediction, in milliseconds. */
  readonly firstAnswerMs: number;
  /** 99th percentile of the event loop's delay since the last call, in milliseconds; undefined where there is none. */
  loopLag(): Promise<number | undefined>;
  stop(): Promise<void>;
}

/** The same cores for every side and for the load, however many the machine has. */
export const CORES = '0,1';

const START_TIMEOUT_MS = 60_000;

const LOOP_LAG = fileURLToPath(new URL('./loop-lag.mjs', import.meta.url));

/** The command that runs a TypeScript file of this repository as it is. */
export function nodeCommand(script: string, ...args: readonly string[]): readonly string[] {
  return [
    process.execPath,
    `--import=${LOOP_LAG}`,
    '--conditions=@fairlead/source',
    script,
    ...args,
  ];
}

/** The command that runs a program in JavaScript. */
export function programCommand(program: string): readonly string[] {
  return [process.execPath, `--import=${LOOP_LAG}`, program];
}

/** Starts a side and waits until it answers a prediction. */
export async function startSide(
  name: string,
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
  target: Pick<Side, 'port' | 'path' | 'headers'>,
  body: string | Buffer,
): Promise<Side> {
  const isNode = command[0] === process.execPath;
  const startedAt = performance.now();
  let firstAnswerMs = NaN;
  const child = spawn('taskset', ['-c', CORES, ...command], {
    env: { PATH: process.env.PATH ?? '', ...environment },
    stdio: ['ignore', 'ignore', isNode ? 'inherit' : 'ignore', ...(isNode ? ['ipc' as const] : [])],
  });
  let ended = false;
  const hasEnded = (): boolean => ended;
  const exited = once(child, 'exit').then(() => {
    ended = true;
  });
  const side: Side = {
    name,
    ...target,
    process: child,
    get firstAnswerMs() {
      return firstAnswerMs;
    },
    async loopLag() {
      if (!isNode) return undefined;
      const answer = once(child, 'message') as Promise<[{ p99Ms: number }]>;
      child.send('loop lag');
      const [{ p99Ms }] = await answer;
      return p99Ms;
    },
    async stop() {
      // Some sides leave workers behind.
      const processes = treeOf(child.pid ?? 0);
      child.kill('SIGTERM');
      const killed = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await exited;
      clearTimeout(killed);
      processes.forEach(kill);
    },
  };
  while (performance.now() - startedAt < START_TIMEOUT_MS) {
    if (hasEnded()) throw new Error(`${name} ended before it answered`);
    if ((await ask(side, body)) === 200) {
      firstAnswerMs = performance.now() - startedAt;
      return side;
    }
    await sleep(5);
  }
  await side.stop();
  throw new Error(`${name} gave no prediction within a minute`);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

function ask({ port, path, headers }: Side, body: string | Buffer): Promise<number> {
  return new Promise((resolve) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        path,
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
      },
      (response) => {
        response.resume();
        response.on('end', () => {
          resolve(response.statusCode ?? 0);
        });
      },
    );
    sent.on('error', () => {
      resolve(0);
    });
    sent.end(body);
  });
}
