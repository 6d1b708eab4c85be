import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** One side of the comparison: a server in processes of its own. */
export interface Side {
  readonly name: string;
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

/** Cores for the servers, and the one for the load: each side gets the same. */
export interface Pinning {
  readonly servers: string;
  readonly load: string;
}

/** Starts a side on the servers' cores and waits until it answers a prediction. */
export async function startSide(
  name: string,
  pinning: Pinning,
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
  target: Pick<Side, 'port' | 'path' | 'headers'>,
  body: string,
): Promise<Side> {
  const child = spawn('taskset', ['-c', pinning.servers, ...command], {
    env: { PATH: process.env.PATH ?? '', ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
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
    async stop() {
      child.kill('SIGTERM');
      const killed = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await exited;
      clearTimeout(killed);
    },
  };
  for (let attempt = 0; attempt < 600; attempt++) {
    if (hasEnded()) throw new Error(`${name} ended before it answered`);
    if ((await ask(side, body)) === 200) return side;
    await sleep(100);
  }
  await side.stop();
  throw new Error(`${name} gave no prediction within a minute`);
}

function ask({ port, path, headers }: Side, body: string): Promise<number> {
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
