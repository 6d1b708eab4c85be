// @ts-check
import { mkdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import process from 'node:process';

import { runInstaller } from './installer.mjs';
import { installedPackages } from './installed-packages.mjs';
import { hasStamp, removeStamp, stampKey, writeStamp } from './stamp.mjs';

/** @import { SetupContext } from '../setup.mjs' */

/**
 * The npm packages of the workspace, by `npm ci`. The lock file also pins the Node they run on (the package `node`),
 * so the Node that happens to run the set-up is no part of the key: it differs between the first run and the next.
 * @param {SetupContext} context
 */
export function nodePackages({ root, searchPath, runStep, logFolder }) {
  const stamp = join(root, 'node_modules', '.fairlead-setup');
  const key = stampKey(
    ['npm', root, process.platform, process.arch],
    [join(root, 'package-lock.json')],
  );
  return {
    isReady: () => hasStamp(stamp, key),
    /** @param {import('./setup-lock.mjs').SetupLock} lock */
    async install(lock) {
      removeStamp(stamp);
      // `npm ci` deletes node_modules: it must not run on the Node inside it.
      const inside = join(root, 'node_modules', '.bin');
      const PATH = searchPath.filter((folder) => folder !== inside).join(delimiter);
      // The CPU build only: CUDA is a download of 300 MB from another registry, which npm 10 would start if the lock file let it.
      const env = { ...process.env, PATH, ONNXRUNTIME_NODE_INSTALL: 'skip' };
      const logPath = join(logFolder, 'npm.log');
      await runStep(
        'npm packages: npm ci',
        () =>
          runInstaller('npm', ['ci', '--no-audit', '--no-fund'], { cwd: root, env, logPath, lock }),
        installedPackages(root),
      );
      mkdirSync(dirname(stamp), { recursive: true });
      writeStamp(stamp, key);
    },
  };
}
