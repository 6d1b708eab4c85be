// @ts-check
import { spawnSync } from 'node:child_process';

import { findProgram } from './find-program.mjs';
import { SetupError } from './setup-error.mjs';

/** The oldest Python 3 with wheels for every pinned package, and the newest that was tried. */
const OLDEST_MINOR = 11;
const NEWEST_MINOR = 14;

/** Prints version, whether a virtual environment can be made, and whether Debian owns this Python. */
const PROBE = `
import importlib.util, json, sys
print(json.dumps({
    "major": sys.version_info[0],
    "minor": sys.version_info[1],
    "canMakeVenv": all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")),
}))
`;

/**
 * @typedef {{ readonly path: string, readonly minor: number, readonly canMakeVenv: boolean }} Python
 */

/**
 * The Python to make the virtual environment with: `FAIRLEAD_PYTHON`, else `python3`, else the newest `python3.x`.
 * @param {readonly string[]} searchPath
 * @param {string | undefined} chosen a path or a name
 * @returns {Python}
 * @throws {SetupError} naming what was found and what to install
 */
export function findPython(searchPath, chosen) {
  /** @type {string[]} */
  const names = [];
  for (let minor = NEWEST_MINOR; minor >= OLDEST_MINOR; minor -= 1) names.push(`python3.${minor}`);
  const candidates = chosen === undefined ? ['python3', ...names] : [chosen];
  /** @type {string[]} */
  const refused = [];
  /** @type {Python | undefined} */
  let withoutVenv;
  for (const candidate of candidates) {
    const path = candidate.includes('/') ? candidate : findProgram(candidate, searchPath);
    if (path === undefined) continue;
    const version = probe(path);
    if (version === undefined) {
      refused.push(`${path} (does not start)`);
    } else if (
      version.major !== 3 ||
      version.minor < OLDEST_MINOR ||
      version.minor > NEWEST_MINOR
    ) {
      refused.push(`${path} (Python ${version.major}.${version.minor})`);
    } else {
      const python = { path, minor: version.minor, canMakeVenv: version.canMakeVenv };
      if (python.canMakeVenv) return python;
      withoutVenv ??= python;
    }
  }
  if (withoutVenv !== undefined) return withoutVenv;
  throw new SetupError(
    `Python 3.${OLDEST_MINOR} to 3.${NEWEST_MINOR} is needed; found ${refused.join(', ') || 'none'}. ` +
      'Install one and run this again:\n\n' +
      '    sudo apt-get install -y python3 python3-venv          (Debian 12, Ubuntu 24.04 and newer)\n' +
      '    sudo apt-get install -y python3.11 python3.11-venv    (Ubuntu 22.04)\n\n' +
      'or name another one: FAIRLEAD_PYTHON=/path/to/python3',
  );
}

/**
 * @param {string} path
 * @returns {{ major: number, minor: number, canMakeVenv: boolean } | undefined}
 */
function probe(path) {
  const { status, stdout } = spawnSync(path, ['-c', PROBE], { encoding: 'utf8' });
  if (status !== 0) return undefined;
  /** @type {unknown} */
  const version = JSON.parse(stdout);
  return /** @type {{ major: number, minor: number, canMakeVenv: boolean }} */ (version);
}
