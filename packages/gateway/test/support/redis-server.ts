import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { onTestFinished } from 'vitest';
import { tempFolder } from './temp-folder.ts';

/** A running Redis of its own. */
export interface RedisServer {
  readonly port: number;
  /** Kills it, as a crash would, and waits until it is gone. */
  kill(): Promise<void>;
}

/** Starts a real Redis, on `port` or a free one; it is killed when the test ends. */
export async function startRedis(port?: number): Promise<RedisServer> {
  const chosen = port ?? (await freePort());
  const place = ['--port', String(chosen), '--bind', '127.0.0.1', '--dir', tempFolder()];
  const child = spawn('redis-server', [...place, '--save', ''], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exited = once(child, 'exit');
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  onTestFinished(kill);
  let log = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      log += text;
      if (log.includes('Ready to accept connections')) resolve();
    });
    child.once('error', reject);
    child.once('exit', () => {
      reject(new Error(`redis-server ended:\n${log}`));
    });
  });
  return { port: chosen, kill };
}

/** A port of the loopback address that nobody listens on; for programs that can't choose one themselves. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
