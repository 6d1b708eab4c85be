import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import { runProgram, type ProgramResult } from './run-program.ts';

const POLL_MS = 50;
/** Time for the workers of the former configuration to stop accepting; after it, the deployment goes on. */
const TIMEOUT_MS = 10_000;

/**
 * Reloads Nginx, or starts it, and waits until its former workers accept nothing more: at that moment they close their idle
 * connections, and a balancer that sent a request over one of those would fail it.
 */
export async function reloadNginx(): Promise<ProgramResult> {
  const former = await findWorkers();
  const result = await runProgram('systemctl', ['reload-or-restart', 'nginx.service']);
  const deadline = performance.now() + TIMEOUT_MS;
  while (result.code === 0 && performance.now() < deadline) {
    const serving = await findWorkers();
    if (!former.some((pid) => serving.includes(pid))) break;
    await sleep(POLL_MS);
  }
  return result;
}

/** Finds the workers that accept requests: a worker that ends says so in its title. */
async function findWorkers(): Promise<readonly string[]> {
  const { stdout } = await runProgram('systemctl', [
    ...['show', 'nginx.service', '--property=MainPID', '--value'],
  ]);
  const master = stdout.trim();
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const title = (await read(`/proc/${pid}/cmdline`)).replaceAll('\0', ' ').trim();
      if (title !== 'nginx: worker process') return [];
      const parent = /^PPid:\s*(\d+)$/m.exec(await read(`/proc/${pid}/status`))?.[1];
      return parent === master ? [pid] : [];
    }),
  );
  return found.flat();
}

/** Reads a file of a process; empty when the process has ended. */
async function read(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
