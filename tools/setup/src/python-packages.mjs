// @ts-check
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

import { findPython } from './find-python.mjs';
import { runInstaller } from './installer.mjs';
import { hasStamp, removeStamp, stampKey, writeStamp } from './stamp.mjs';
import { installSystemPackages } from './system-packages.mjs';

/** @import { SetupContext } from '../setup.mjs' */
/** @import { SetupLock } from './setup-lock.mjs' */

const PROJECT = join('apps', 'flask-model');

/**
 * The virtual environment `.venv` with the packages of the lock files, each checked against its hashes.
 * The development lock holds the runtime lock, so an environment for development serves both.
 * @param {SetupContext} context
 */
export function pythonPackages(context) {
  const { root, dev, searchPath, runStep, logFolder } = context;
  const venv = join(root, '.venv');
  const stamp = join(venv, '.fairlead-setup');
  const locks = {
    runtime: join(root, PROJECT, 'requirements.lock'),
    dev: join(root, PROJECT, 'requirements-dev.lock'),
  };
  // The folder is part of the key: scripts in a virtual environment name it, so a moved one is broken.
  const key = (/** @type {'runtime' | 'dev'} */ kind) =>
    stampKey(
      ['python', kind, venv, process.arch],
      kind === 'dev' ? Object.values(locks) : [locks.runtime],
    );
  const wanted = dev ? 'dev' : 'runtime';
  return {
    // The interpreter is a link to the system's, which an upgrade of the system may take away.
    isReady: () =>
      existsSync(join(venv, 'bin', 'python')) &&
      (hasStamp(stamp, key('dev')) || (wanted === 'runtime' && hasStamp(stamp, key('runtime')))),
    /** @param {SetupLock} lock */
    async install(lock) {
      const extend = hasStamp(stamp, key('runtime')) && existsSync(join(venv, 'bin', 'python'));
      removeStamp(stamp);
      if (!extend) {
        const python = await pythonWithVenv(context, lock);
        await runStep(`Python 3.${python.minor} environment: .venv`, () =>
          // Files that an interrupted pip left look installed to the next pip: begin with an empty environment.
          runInstaller(python.path, ['-m', 'venv', '--clear', venv], {
            cwd: root,
            logPath: join(logFolder, 'venv.log'),
            lock,
          }),
        );
      }
      await runStep(`Python packages: pip install${dev ? ' (with the test tools)' : ''}`, () =>
        runInstaller(
          join(venv, 'bin', 'python'),
          // Wheels only: a source archive would run its own code to build itself. Not compiled: that takes half of the time,
          // and Python compiles a module when it is first imported.
          [
            '-m',
            'pip',
            'install',
            '--no-compile',
            '--disable-pip-version-check',
            '--no-input',
            '--require-hashes',
          ].concat('--only-binary', ':all:', '-r', locks[wanted]),
          { cwd: root, logPath: join(logFolder, 'pip.log'), lock },
        ),
      );
      writeStamp(stamp, key(wanted));
    },
  };

  /**
   * @param {SetupContext} context
   * @param {SetupLock} lock
   */
  async function pythonWithVenv(context, lock) {
    const chosen = process.env.FAIRLEAD_PYTHON;
    const python = findPython(searchPath, chosen);
    if (python.canMakeVenv) return python;
    // Debian splits venv and ensurepip from the interpreter.
    await installSystemPackages(context, lock, [`python3.${python.minor}-venv`], {
      reason: `${python.path} cannot make virtual environments`,
    });
    return findPython(searchPath, chosen);
  }
}
