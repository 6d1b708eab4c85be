import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A running moto, which imitates AWS over HTTP. */
export interface MotoServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts moto from the Python environment of the workspace on a free port. */
export async function startMoto(): Promise<MotoServer> {
  const command = fileURLToPath(new URL('../../../../.venv/bin/moto_server', import.meta.url));
  if (!existsSync(command)) {
    throw new Error(
      `moto is not installed: ${command} does not exist. Run "npm test" in the root of the workspace, or "node tools/setup/setup.mjs --dev" for the tools of the tests alone.`,
    );
  }
  const child = spawn(command, ['-H', '127.0.0.1', '-p', '0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit');
  const port = await new Promise<number>((resolve, reject) => {
    let log = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (log.length > 10_000) return;
      log += text;
      const [, found] = /http:\/\/127\.0\.0\.1:(\d+)/.exec(log) ?? [];
      if (found !== undefined) resolve(Number(found));
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      reject(new Error(`moto ended with code ${String(code)}:\n${log}`));
    });
  });
  return {
    port,
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
