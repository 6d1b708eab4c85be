import { mkdir, rm } from 'node:fs/promises';

import type { ReleaseManifest } from '../../release/release-manifest.ts';
import { flushFolder } from '../flush-folder.ts';
import { hostError } from '../host-error.ts';
import type { HostPaths } from '../host-paths.ts';
import { runProgram } from '../run-program.ts';
import { compileFolder } from './compile.ts';
import { environmentPaths, environmentsFolder } from './environment-paths.ts';
import { findPython } from './find-python.ts';
import { readInventory, writeInventory } from './inventory.ts';

/** Time for the installation on a small host, in milliseconds. */
const TIMEOUT_MS = 540_000;

/**
 * Creates the virtual environment of a release, unless an earlier release has the same one: installs the wheels without a network,
 * and compiles them. One that a killed agent has begun is created again.
 *
 * @throws DeployError `ERR_DEPLOY_HOST` with the message of Python or pip
 */
export async function installPackages(paths: HostPaths, manifest: ReleaseManifest): Promise<void> {
  const environment = environmentPaths(paths, manifest);
  if (environment === undefined) return;
  const { version, folder, wheels } = environment;
  if ((await readInventory(folder)) !== undefined) return;
  const python = await findPython(version);
  await rm(folder, { recursive: true, force: true });
  await mkdir(environmentsFolder(paths), { recursive: true, mode: 0o755 });
  await run(python, ['-I', '-m', 'venv', folder]);
  await run(`${folder}/bin/python`, [
    ...['-I', '-m', 'pip', 'install', '--quiet', '--no-input', '--disable-pip-version-check'],
    ...['--no-index', '--find-links', wheels, '--require-hashes', '--no-compile', '--no-cache-dir'],
    ...['--requirement', `${wheels}/requirements.txt`],
  ]);
  // A service can't write into the folder: without this, Python would compile every module at every start.
  await compileFolder(`${folder}/bin/python`, `${folder}/lib`);
  await flushFolder(folder);
  await writeInventory(folder);
}

async function run(program: string, args: readonly string[]): Promise<void> {
  // The services of this host have priority.
  const { code, stderr } = await runProgram('nice', ['-n', '10', program, ...args], TIMEOUT_MS);
  if (code === 0) return;
  throw hostError(
    `The Python packages can't be installed (${code}): ${stderr.trim().split('\n').slice(-3).join(' ')}`,
  );
}
