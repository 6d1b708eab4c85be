import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { temporaryFolder } from '@fairlead/test-support';
import { expect, it } from 'vitest';

import { createControlFolder } from '../../src/carriers/control-folder.ts';

it('creates a private folder, and removes old ones of processes that have ended', async () => {
  const root = temporaryFolder();
  const { pid: dead } = spawnSync('true');
  const hourAgo = new Date(Date.now() - 3_700_000);
  const create = (name: string, time?: Date): string => {
    mkdirSync(join(root, name));
    writeFileSync(join(root, name, 'control'), '');
    if (time) utimesSync(join(root, name), time, time);
    return name;
  };
  create(`fairlead-ssh-${dead}-aaaaaa`, hourAgo);
  const remaining = [
    create(`fairlead-ssh-${dead}-bbbbbb`),
    create(`fairlead-ssh-${process.pid}-cccccc`, hourAgo),
    create('fairlead-ssh-others', hourAgo),
  ];
  const folder = await createControlFolder(root);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(readdirSync(root).toSorted()).toEqual([...remaining, basename(folder)].toSorted());
});
