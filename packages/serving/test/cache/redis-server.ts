import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A running Redis of its own. */
export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** Signals it; SIGSTOP makes it slow without end. */
  signal(name: NodeJS.Signals): void;
  /** Kills it and waits until it is gone. */
  stop(): Promise<void>;
}

/** Starts a real Redis on a free port of the loopback address, with nothing kept on disk. */
export async function startRedis(port?: number): Promise<RedisServer> {
  const chosen = port ?? (await freePort());
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-redis-'));
  const args = ['--port', String(chosen), '--bind', '127.0.0.1', '--save', '', '--dir', folder];
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  let log = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      log += text;
      if (log.includes('Ready to accept connections')) resolve();
    });
    child.once('error', (cause) => {
      const hint = 'redis-server is not installed; run "node tools/setup/setup.mjs --dev"';
      reject(new Error(hint, { cause }));
    });
    child.once('exit', (code) => {
      reject(new Error(`redis-server ended with code ${String(code)}:\n${log}`));
    });
  });
  return {
    port: chosen,
    url: `redis://127.0.0.1:${chosen}`,
    signal: (name) => child.kill(name),
    async stop() {
      child.kill('SIGKILL');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Redis can't be told to choose a port itself. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
