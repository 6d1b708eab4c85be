import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the Python programs, and of the lock files with the hashes of their packages. */
export const PYTHON_SIDES = fileURLToPath(new URL('../../models/peers', import.meta.url));

// Debian's own, where there is one: the Python of pyenv lacks the shared library that PyTriton is built for.
const INTERPRETER = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';

/**
 * Installs a peer's packages into a separate environment below `folder`, the first time and after a change of its lock file.
 *
 * @returns The folder of its programs.
 */
export function pythonEnvironment(peer: string, folder: string): string {
  const environment = join(folder, 'peers', peer);
  const programs = join(environment, 'bin');
  const lockFile = join(PYTHON_SIDES, `${peer}.lock`);
  const lock = readFileSync(lockFile, 'utf8');
  const installed = join(environment, 'installed.lock');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === lock) return programs;
  rmSync(environment, { recursive: true, force: true });
  execFileSync(INTERPRETER, ['-m', 'venv', environment], { stdio: 'inherit' });
  const args = ['install', '--quiet', '--require-hashes', '--requirement', lockFile];
  execFileSync(join(programs, 'pip'), args, { stdio: 'inherit' });
  writeFileSync(installed, lock);
  return programs;
}
