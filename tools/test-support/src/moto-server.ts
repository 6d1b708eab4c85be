import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { endOf, waitForLog } from './server-process.ts';

/** A running moto, which imitates AWS over HTTP. */
export interface MotoServer {
  readonly port: number;
  /** Its address, such as `http://127.0.0.1:4321`. */
  readonly endpoint: string;
  stop(): Promise<void>;
}

/**
 * Starts moto from the Python environment of the workspace on a free port.
 *
 * @throws Error when moto isn't installed, or ends before it listens
 */
export async function startMoto(): Promise<MotoServer> {
  const command = fileURLToPath(new URL('../../../.venv/bin/moto_server', import.meta.url));
  if (!existsSync(command)) {
    throw new Error(
      `moto is not installed: ${command} does not exist. Run "npm test" in the root of the workspace, or "node tools/setup/setup.mjs --dev" for the tools of the tests alone.`,
    );
  }
  const child = spawn(command, ['-H', '127.0.0.1', '-p', '0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const end = endOf(child);
  const [endpoint, port] = await waitForLog(child, child.stderr, /http:\/\/127\.0\.0\.1:(\d+)/);
  return {
    port: Number(port),
    endpoint,
    async stop() {
      child.kill('SIGTERM');
      await end;
    },
  };
}
