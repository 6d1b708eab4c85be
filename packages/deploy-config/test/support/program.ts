import { accessSync, constants } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

const workspaceRoot = resolve(import.meta.dirname, '../../../..');
const virtualEnvironment = join(workspaceRoot, '.venv/bin');

type Program =
  | 'apt-config'
  | 'gunicorn'
  | 'hadolint'
  | 'nginx'
  | 'openssl'
  | 'python'
  | 'systemd-analyze'
  | 'systemd-socket-activate'
  | 'systemd-sysusers'
  | 'systemd-tmpfiles';

/** Finds a real program that the tests run; a missing one fails them, because they would check nothing without it. */
export function program(name: Program): string {
  const folders = ['gunicorn', 'hadolint', 'python'].includes(name)
    ? [virtualEnvironment]
    : [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  for (const folder of folders) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      continue;
    }
  }
  throw new Error(
    `${name} is missing (looked in ${folders.join(', ')}). Install it with: node tools/setup/setup.mjs --dev`,
  );
}
