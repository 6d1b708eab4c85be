import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';

import type { FileEntry } from '../parts/file-entry.ts';
import { readTree } from '../parts/read-tree.ts';
import { buildFailed } from './build-failed.ts';

/** Checks by its name that a file isn't of a tool, of an editor, or compiled on this machine. */
function accepts(path: string): boolean {
  const name = basename(path);
  return !name.startsWith('.') && name !== '__pycache__' && !/\.(?:pyc|pyo|egg-info)$/.test(name);
}

/**
 * Lists the sources of the Python application, as `flask/…`. Hidden files aren't among them.
 *
 * @throws DeployError `ERR_DEPLOY_BUILD_FAILED` when the folder has none, or has a virtual environment
 */
export async function applicationFiles(source: string): Promise<readonly FileEntry[]> {
  const folder = resolve(source);
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) throw buildFailed(`python.source is ${folder}, which is not a folder.`);
  const entries = await readTree(folder, 'flask/', accepts);
  const environment = entries.find(({ path }) => basename(path) === 'pyvenv.cfg');
  if (environment !== undefined) {
    throw buildFailed(
      `python.source has a virtual environment (${environment.path.slice('flask/'.length)}). Name the folder with the sources of the application only.`,
    );
  }
  if (entries.some(({ path }) => path.endsWith('.py'))) return entries;
  throw buildFailed(`python.source is ${folder}, which has no Python file.`);
}
