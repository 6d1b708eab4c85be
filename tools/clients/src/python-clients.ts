import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Makes the virtual environment of the clients from their lock, each package checked against its hashes; gives its Python. */
export function installClients(root: string): string {
  const lock = join(root, 'tools/clients/requirements.lock');
  const venv = join(root, '.fairlead/clients-venv');
  const python = join(venv, 'bin/python');
  const stamp = join(venv, '.lock-digest');
  const digest = createHash('sha256').update(readFileSync(lock)).update(venv).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return python;
  run(join(root, '.venv/bin/python'), ['-m', 'venv', '--clear', venv]);
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input'];
  run(python, [...install, '--require-hashes', '--only-binary', ':all:', '-r', lock]);
  writeFileSync(stamp, digest);
  return python;
}

function run(program: string, args: readonly string[]): void {
  const { status, error } = spawnSync(program, args, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed`, { cause: error });
}
