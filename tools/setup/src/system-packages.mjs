// @ts-check
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, URL } from 'node:url';

import { findProgram, SYSTEM_FOLDERS } from './find-program.mjs';
import { runInstaller } from './installer.mjs';
import { SetupError } from './setup-error.mjs';

/** @import { SetupContext } from '../setup.mjs' */
/** @import { SetupLock } from './setup-lock.mjs' */

/**
 * Programs that come from Debian packages.
 * @param {SetupContext} context
 * @param {readonly { readonly program: string, readonly package: string }[]} wanted
 */
export function systemPackages(context, wanted) {
  const folders = [...context.searchPath, ...(context.systemFolders ?? SYSTEM_FOLDERS)];
  const missing = () => wanted.filter(({ program }) => findProgram(program, folders) === undefined);
  return {
    isReady: () => missing().length === 0,
    /** @param {SetupLock} lock */
    async install(lock) {
      const packages = missing();
      const names = packages.map(({ program }) => program).join(' and ');
      await installSystemPackages(
        context,
        lock,
        packages.map((entry) => entry.package),
        { reason: `${names} ${packages.length === 1 ? 'is' : 'are'} not installed` },
      );
      const still = missing();
      if (still.length > 0) {
        throw new SetupError(
          `apt installed ${packages.map((entry) => entry.package).join(', ')}, ` +
            `but ${still.map(({ program }) => program).join(', ')} is in none of ${folders.join(':')}`,
        );
      }
    },
  };
}

/**
 * Installs Debian packages as root or through a `sudo` without a password, and ensures that Nginx is not started.
 * @param {SetupContext} context
 * @param {SetupLock} lock
 * @param {readonly string[]} packages
 * @param {{ reason: string }} options
 * @throws {SetupError} naming the command, if this user may not install
 */
export async function installSystemPackages(context, lock, packages, { reason }) {
  const { root, searchPath, runStep, logFolder } = context;
  const command = `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  const asRoot = process.getuid?.() === 0;
  const aptGet = findProgram('apt-get', searchPath);
  if (aptGet === undefined || !(asRoot || sudoAsksNothing(searchPath))) {
    throw new SetupError(
      aptGet === undefined
        ? `${reason}, and there is no apt-get here. Install with your system's own tool: ${packages.join(' ')}. Then run this again.`
        : `${reason}, and this user may not install it without a password. Run this, then start again:\n\n    sudo ${command}`,
    );
  }
  const script = fileURLToPath(new URL('apt-install.sh', import.meta.url));
  const [program, ...args] = asRoot ? ['/bin/sh'] : ['sudo', '-n', '/bin/sh'];
  await runStep(`System packages: ${command}`, () =>
    runInstaller(program, [...args, script, ...packages], {
      cwd: root,
      logPath: join(logFolder, 'apt.log'),
      lock,
      endable: false,
    }),
  );
}

/** @param {readonly string[]} searchPath */
function sudoAsksNothing(searchPath) {
  const sudo = findProgram('sudo', searchPath);
  return sudo !== undefined && spawnSync(sudo, ['-n', 'true'], { stdio: 'ignore' }).status === 0;
}
