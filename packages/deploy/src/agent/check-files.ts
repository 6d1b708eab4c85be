import { existsSync } from 'node:fs';
import { symlink } from 'node:fs/promises';

import type { ReleaseManifest } from '../release/release-manifest.ts';
import { hostError } from './host-error.ts';
import { currentLink, releaseFolder, type HostPaths } from './host-paths.ts';
import { runProgram } from './run-program.ts';
import { unitsOf } from './units.ts';

/**
 * Checks the rendered files of a release with the programs that will read them.
 *
 * @throws DeployError `ERR_DEPLOY_HOST` with the message of Nginx or systemd.
 */
export async function checkFiles(
  paths: HostPaths,
  digest: string,
  manifest: ReleaseManifest,
): Promise<void> {
  const folder = releaseFolder(paths, digest);
  // The first release of a host has nothing that its units could name; no unit is installed yet.
  if (!existsSync(currentLink(paths))) await symlink(`releases/${digest}`, currentLink(paths));

  const nginx = manifest.hostFiles.find(({ role }) => role === 'nginx');
  if (nginx !== undefined) {
    const { code, stderr } = await runProgram('nginx', [
      '-t',
      '-q',
      '-c',
      `${folder}/files${nginx.path}`,
    ]);
    if (code === 127)
      throw hostError(
        'Nginx is not installed. Run `fairlead hosts prepare`, or apt-get install nginx on the host.',
      );
    if (code !== 0) throw hostError(`Nginx refuses the configuration: ${stderr.trim()}`);
  }
  const { services, sockets, timers, jobs } = unitsOf(manifest);
  const units = manifest.hostFiles.filter(({ path }) =>
    [...services, ...sockets, ...timers, ...jobs].some((name) => path.endsWith(`/${name}`)),
  );
  if (units.length === 0) return;
  const { code, stderr } = await runProgram('systemd-analyze', [
    ...['verify', '--man=no', '--recursive-errors=no'],
    ...units.map(({ path }) => `${folder}/files${path}`),
  ]);
  if (code !== 0) throw hostError(`systemd refuses a unit: ${stderr.trim()}`);
}
