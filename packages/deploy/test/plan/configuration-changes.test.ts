import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { temporaryFolder } from '@fairlead/test-support';
import { expect, it } from 'vitest';

import { configurationChanges, type Carrier } from '../../src/index.ts';
import { localCarrier } from '../../src/local.ts';
import { fileOf, partOf, tinyRelease } from '../support/tiny-release.ts';

/** A host whose paths are below a folder of this machine. */
function hostIn(folder: string): Carrier {
  const local = localCarrier();
  return {
    ...local,
    run: ([program, ...args], options) =>
      local.run([program, ...args.map((arg) => arg.replaceAll('/opt', `${folder}/opt`))], options),
  };
}

/** A release with configuration files. */
async function releaseWith(files: Readonly<Record<string, string>>): Promise<string> {
  const entries = Object.entries(files).map(
    ([name, content]) => [`files${name}`, content] as const,
  );
  const part = await partOf(
    'files',
    entries.map(([name, content]) => fileOf(name, content)),
    entries.map(([name, content]) => ({ name, content })),
  );
  return (await tinyRelease({ part })).path;
}

it('compares the files of a release with those that run, which are links on a host', async () => {
  const folder = temporaryFolder();
  const parts = join(folder, 'opt/fairlead/parts/x/files/etc');
  mkdirSync(join(parts, 'nginx'), { recursive: true });
  writeFileSync(join(parts, 'nginx/nginx.conf'), 'user www;\nworkers 2;\nevents {}\n');
  writeFileSync(join(parts, 'old.conf'), 'a\n');
  writeFileSync(join(parts, 'same.conf'), 'ä\n');
  const current = join(folder, 'opt/fairlead/current/files');
  mkdirSync(current, { recursive: true });
  execFileSync('cp', ['-rs', parts, current]);
  const release = await releaseWith({
    '/etc/nginx/nginx.conf': 'user www;\nworkers 4;\nevents {}\n',
    '/etc/new.conf': 'b\n',
    '/etc/same.conf': 'ä\n',
  });
  expect(await configurationChanges(hostIn(folder), release)).toEqual([
    { path: '/etc/new.conf', action: 'add', lines: [{ action: 'add', line: 'b' }] },
    {
      path: '/etc/nginx/nginx.conf',
      action: 'modify',
      lines: [
        { action: 'remove', line: 'workers 2;' },
        { action: 'add', line: 'workers 4;' },
      ],
    },
    { path: '/etc/old.conf', action: 'remove', lines: [{ action: 'remove', line: 'a' }] },
  ]);
});

it('every file is new on a host without a release', async () => {
  const release = await releaseWith({ '/etc/a': 'a\n' });
  const changes = await configurationChanges(hostIn(temporaryFolder()), release);
  expect(changes).toMatchObject([{ path: '/etc/a', action: 'add' }]);
});

it('a host that cannot be reached is an error', async () => {
  const unreachable: Carrier = {
    ...localCarrier(),
    run: () => Promise.resolve({ code: 255, stdout: '', stderr: 'No route to host' }),
  };
  const release = await releaseWith({ '/etc/a': 'a\n' });
  await expect(configurationChanges(unreachable, release)).rejects.toMatchObject({
    code: 'ERR_DEPLOY_HOST',
  });
});
