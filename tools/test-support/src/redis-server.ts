import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePort } from './free-port.ts';
import { endOf, waitForLog } from './server-process.ts';

/** A running Redis. */
export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** Sends a signal: SIGSTOP makes Redis hang, SIGCONT lets it continue. */
  signal(name: NodeJS.Signals): void;
  /** Kills it, as a crash would, and waits for its end; does nothing the second time. */
  kill(): Promise<void>;
}

/**
 * Starts a real Redis on `port`, or on a free port of the loopback address; nothing is stored on disk.
 *
 * @throws Error when `redis-server` isn't installed, or ends before it accepts connections
 */
export async function startRedis(port?: number): Promise<RedisServer> {
  const chosen = port ?? (await freePort());
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-redis-'));
  const args = ['--port', String(chosen), '--bind', '127.0.0.1', '--save', '', '--dir', folder];
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const end = endOf(child);
  try {
    await waitForLog(child, child.stdout, /Ready to accept connections/);
  } catch (cause) {
    rmSync(folder, { recursive: true, force: true });
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') {
      const message = 'redis-server is not installed; run "node tools/setup/setup.mjs --dev"';
      throw new Error(message, { cause });
    }
    throw cause;
  }
  return {
    port: chosen,
    url: `redis://127.0.0.1:${chosen}`,
    signal: (name) => child.kill(name),
    async kill() {
      child.kill('SIGKILL');
      await end;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
