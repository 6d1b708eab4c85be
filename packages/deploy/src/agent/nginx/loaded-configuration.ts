import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';

import { runProgram } from '../run-program.ts';
import { readIfThere, replaceFile } from '../secrets/replace-file.ts';
import { nginxWorkers } from './nginx-workers.ts';

/** Below `/run`, which a reboot empties: the fingerprint of the configuration that Nginx loaded, and the workers that have it. */
const PATH = '/run/fairlead-deploy/nginx.json';
const TLS_FILE = /^\s*ssl_[a-z_]+\s+"?(\/[^";]+?)"?\s*;/gm;

/** Fingerprint of everything that Nginx would load from the disk now: its configuration with all included files, certificates and keys. */
export async function fingerprintOfDisk(path: string): Promise<string | undefined> {
  const { code, stdout } = await runProgram('nginx', ['-T', '-q', '-c', path]);
  if (code !== 0) return undefined;
  const hash = createHash('sha256').update(stdout);
  for (const [, path = ''] of stdout.matchAll(TLS_FILE)) {
    hash.update((await readIfThere(path))?.content ?? '');
  }
  return hash.digest('hex');
}

/** Returns whether Nginx works with a configuration: {@link recordLoaded} has seen it, and no reload or restart has replaced the workers since. */
export async function isLoaded(fingerprint: string): Promise<boolean> {
  const recorded = (await readIfThere(PATH))?.content.toString();
  const workers = await nginxWorkers();
  return workers.length > 0 && recorded === JSON.stringify({ fingerprint, workers });
}

/** Records that the workers of Nginx have loaded a configuration. */
export async function recordLoaded(fingerprint: string): Promise<void> {
  const text = JSON.stringify({ fingerprint, workers: await nginxWorkers() });
  await replaceFile(PATH, Buffer.from(text), { mode: 0o600, uid: 0, gid: 0 });
}

/** Forgets what was recorded, before Nginx is reloaded. */
export async function forgetLoaded(): Promise<void> {
  await rm(PATH, { force: true });
}
