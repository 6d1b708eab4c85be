import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { temporaryFolder } from '@fairlead/test-support';
import { expect, test } from 'vitest';

import { cgroupHierarchies } from '../src/index.ts';

function folderWith(...files: readonly string[]): string {
  const folder = temporaryFolder();
  for (const file of files) {
    mkdirSync(dirname(`${folder}/${file}`), { recursive: true });
    writeFileSync(`${folder}/${file}`, '');
  }
  return folder;
}

test('a machine with version 2 has one hierarchy, at the root', () => {
  const root = folderWith('cgroup.controllers', 'cgroup.procs', 'init.scope/cgroup.procs');
  expect(cgroupHierarchies(root)).toEqual([root]);
});

test('a machine with version 1 has those of systemd and memory', () => {
  const root = folderWith('systemd/cgroup.procs', 'memory/cgroup.procs', 'cpu/cgroup.procs');
  expect(cgroupHierarchies(root)).toEqual([`${root}/systemd`, `${root}/memory`]);
});

test('a hybrid machine has that of version 2 beside them', () => {
  const root = folderWith('systemd/cgroup.procs', 'unified/cgroup.procs', 'memory/cgroup.procs');
  expect(cgroupHierarchies(root)).toEqual([`${root}/systemd`, `${root}/unified`, `${root}/memory`]);
});

test('a machine without a hierarchy of systemd has none', () => {
  expect(cgroupHierarchies(folderWith('memory/cgroup.procs'))).toEqual([]);
  expect(cgroupHierarchies('/nonexistent')).toEqual([]);
});
