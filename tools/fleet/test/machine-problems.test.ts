import { mkdirSync, writeFileSync } from 'node:fs';

import { temporaryFolder } from '@fairlead/test-support';
import { expect, test } from 'vitest';

import { canBootFleet, findMachineProblems } from '../src/index.ts';

/** Creates programs, a list of filesystems and control groups of version 2, as a machine that lacks nothing has them. */
function completeMachine() {
  const folder = temporaryFolder();
  mkdirSync(`${folder}/bin`);
  for (const program of ['systemd-nspawn', 'mmdebstrap', 'haproxy', 'ssh', 'ip', 'nsenter']) {
    writeFileSync(`${folder}/bin/${program}`, '');
  }
  writeFileSync(`${folder}/bin/unshare`, '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  writeFileSync(`${folder}/filesystems`, 'nodev\tsysfs\n\text4\nnodev\toverlay\n');
  mkdirSync(`${folder}/cgroup`);
  writeFileSync(`${folder}/cgroup/cgroup.controllers`, 'cpu memory pids\n');
  return {
    folder,
    platform: 'linux',
    uid: 0,
    path: `${folder}/bin`,
    filesystems: `${folder}/filesystems`,
    cgroups: `${folder}/cgroup`,
  } as const;
}

test('a machine that lacks nothing has no problems, and its tests run', () => {
  const machine = completeMachine();
  expect(findMachineProblems(machine)).toEqual([]);
  expect(canBootFleet(machine, () => expect.unreachable())).toBe(true);
});

test('missing programs are named with the set-up and the packages that install them', () => {
  const machine = { ...completeMachine(), path: '/nonexistent', uid: 1000 };
  expect(findMachineProblems(machine)).toEqual([
    'missing: systemd-nspawn, mmdebstrap, haproxy, ssh, ip, nsenter; run "node tools/setup/setup.mjs --dev" as root, or "apt-get install -y --no-install-recommends systemd-container mmdebstrap haproxy openssh-client iproute2 util-linux"',
    'mounts and namespaces need root; run "sudo npm run fleet"',
  ]);
});

test('tests are skipped with one line that names what is missing and the command', () => {
  const lines: string[] = [];
  const machine = { ...completeMachine(), uid: 1000 };
  expect(canBootFleet(machine, (line) => lines.push(line))).toBe(false);
  expect(lines).toEqual([
    'SKIPPED: tests on hosts, because this machine can\'t boot any: mounts and namespaces need root; run "sudo npm run fleet"\n',
  ]);
});

test('another system than Linux is a problem by itself', () => {
  expect(findMachineProblems({ platform: 'darwin' })).toEqual([
    'fleets run on Linux, not on darwin',
  ]);
});

test('a kernel without overlayfs, namespaces and control groups is reported with one command each', () => {
  const machine = completeMachine();
  const { folder } = machine;
  writeFileSync(`${folder}/filesystems`, 'nodev\tsysfs\n\text4\n');
  writeFileSync(`${folder}/bin/unshare`, '#!/bin/sh\necho refused >&2\nexit 1\n', { mode: 0o755 });
  expect(findMachineProblems({ ...machine, cgroups: '/nonexistent' })).toEqual([
    'the kernel has no overlayfs loaded; run "modprobe overlay"',
    `namespaces can't be created (refused); in a container, start it with "--privileged"`,
    'no control groups of systemd under /nonexistent; run "mkdir -p /nonexistent/systemd && mount -t cgroup -o none,name=systemd cgroup /nonexistent/systemd"',
  ]);
});
