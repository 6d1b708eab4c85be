import { readdir, readFile } from 'node:fs/promises';

import { runProgram } from '../run-program.ts';

/** Finds the workers of Nginx that accept requests, by their process ids in order: a worker that ends says so in its title. */
export async function nginxWorkers(): Promise<readonly string[]> {
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
  return found.flat().toSorted();
}

/** Reads a file of a process; empty when the process has ended. */
async function read(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
