import { spawnSync } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  copyFileSync,
  mkdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createTinyRepository } from './tiny-repository.ts';

let root: string;
beforeAll(() => {
  root = createTinyRepository().root;
  mkdirSync(join(root, '.fairlead/setup'), { recursive: true });
  for (const folder of ['.fairlead', '.fairlead/setup']) chmodSync(join(root, folder), 0o777);
});
afterAll(() => {
  rmSync(root, { recursive: true });
});

/** Requests a program that is not installed, as a user who may not install it. */
function askFor(searchPath: readonly string[]) {
  writeFileSync(
    join(root, 'ask.mjs'),
    `import { setUpOrExit } from './tools/setup/setup.mjs';
     import { systemPackages } from './tools/setup/src/system-packages.mjs';
     const part = (context) => systemPackages(context, [{ program: 'nginx', package: 'nginx' }]);
     await setUpOrExit({
       dev: false, parts: [part], searchPath: ${JSON.stringify(searchPath)}, systemFolders: [],
     });
     process.stdout.write('went on');`,
  );
  const asUnprivileged =
    process.getuid?.() === 0
      ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--']
      : [];
  return spawnSync('env', [...asUnprivileged, readableNode(), join(root, 'ask.mjs')], {
    encoding: 'utf8',
    cwd: root,
  });
}

/** This Node, in a folder that every user may enter. */
function readableNode(): string {
  if (process.getuid?.() !== 0) return process.execPath;
  const copy = join(root, 'bin', 'node');
  try {
    accessSync(copy, constants.X_OK);
  } catch {
    mkdirSync(dirname(copy));
    copyFileSync(process.execPath, copy);
    chmodSync(copy, 0o755);
  }
  return copy;
}

describe('a missing program that this user may not install', () => {
  it('stops with the exact command and exit code 1', () => {
    const folder = join(root, 'with-apt');
    mkdirSync(folder);
    writeFileSync(join(folder, 'apt-get'), '#!/bin/sh\nexit 99\n', { mode: 0o755 });
    const { status, stderr, stdout } = askFor([folder]);
    expect(stderr).toContain('nginx is not installed');
    expect(stderr).toContain('\n    sudo apt-get install -y --no-install-recommends nginx\n');
    expect(status).toBe(1);
    expect(stdout).toBe('');
  });

  it('says so where there is no apt-get', () => {
    const { status, stderr } = askFor([]);
    expect(stderr).toContain('there is no apt-get here');
    expect(stderr).toContain('nginx');
    expect(status).toBe(1);
  });

  it('is content when the program is there', () => {
    const folder = join(root, 'with-nginx');
    mkdirSync(folder);
    writeFileSync(join(folder, 'nginx'), '#!/bin/sh\n', { mode: 0o755 });
    const { status, stdout } = askFor([folder]);
    expect(stdout).toBe('went on');
    expect(status).toBe(0);
  });
});
