import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as z from 'zod';

import { compileFolder } from './compile.ts';

/** Name of the file in the folder of a release that lists the compiled modules of its application. */
export const BYTECODE = 'bytecode.json';

/** Folder of the application in a release. */
const APPLICATION = 'flask';

const schema = z.record(z.string(), z.string());

/**
 * Compiles the Python application of a release, and lists the compiled modules: they depend on the Python of the host, so the manifest
 * can't.
 *
 * @param temporary folder of the release while it is assembled
 * @param folder its path after that
 * @throws DeployError `ERR_DEPLOY_HOST`
 */
export async function compileApplication(
  python: string,
  temporary: string,
  folder: string,
): Promise<void> {
  const application = join(temporary, APPLICATION);
  await compileFolder(python, application, { finalFolder: join(folder, APPLICATION) });
  const files: Record<string, string> = {};
  for (const entry of await readdir(application, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.pyc')) continue;
    const path = join(entry.parentPath, entry.name);
    files[path.slice(temporary.length + 1)] = await sha256Of(path);
  }
  await writeFile(join(temporary, BYTECODE), `${JSON.stringify(files)}\n`, { mode: 0o644 });
}

/** Reads the list of a release's compiled modules: their SHA-256 by path; empty without one. */
export async function readBytecode(folder: string): Promise<ReadonlyMap<string, string>> {
  try {
    const files = schema.parse(JSON.parse(await readFile(join(folder, BYTECODE), 'utf8')));
    return new Map(Object.entries(files));
  } catch {
    return new Map();
  }
}

/** Returns the SHA-256 of a file in hexadecimal digits. */
export async function sha256Of(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}
