import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';

import { cgroupHierarchies } from './cgroup-hierarchies.ts';
import { COMMAND_ENVIRONMENT } from './run-command.ts';

/** Programs of a fleet and the Debian packages that contain them. */
const PROGRAMS = {
  'systemd-nspawn': 'systemd-container',
  mmdebstrap: 'mmdebstrap',
  haproxy: 'haproxy',
  ssh: 'openssh-client',
  ip: 'iproute2',
  nsenter: 'util-linux',
} as const;

/**
 * Finds the reasons why this machine can't boot a fleet; each says what is missing and the command that provides it. Empty when
 * it can.
 */
export function findMachineProblems(): readonly string[] {
  if (process.platform !== 'linux') return [`fleets run on Linux, not on ${process.platform}`];
  const problems: string[] = [];
  const missing = Object.entries(PROGRAMS).filter(([program]) => !isInstalled(program));
  if (missing.length > 0) {
    const [programs, packages] = [missing.map(([name]) => name), missing.map(([, name]) => name)];
    problems.push(
      `missing: ${programs.join(', ')}; run "node tools/setup/setup.mjs --dev" or "apt-get install -y --no-install-recommends ${packages.join(' ')}"`,
    );
  }
  // Without root, the checks below fail too, and say less.
  if (process.getuid?.() !== 0) {
    return [...problems, 'mounts and namespaces need root; run "sudo npm run fleet"'];
  }
  if (!/\boverlay$/m.test(readFileSync('/proc/filesystems', 'utf8'))) {
    problems.push('the kernel has no overlayfs loaded; run "modprobe overlay"');
  }
  const unshared = spawnSync('unshare', '--mount --net --pid --ipc --uts --fork true'.split(' '), {
    encoding: 'utf8',
    env: COMMAND_ENVIRONMENT,
  });
  if (unshared.status !== 0) {
    problems.push(
      `namespaces can't be created (${unshared.stderr.trim()}); in a container, start it with "--privileged"`,
    );
  }
  return [...problems, ...cgroupProblems()];
}

function isInstalled(program: string): boolean {
  return COMMAND_ENVIRONMENT.PATH.split(':').some((folder) => existsSync(`${folder}/${program}`));
}

function cgroupProblems(): readonly string[] {
  const hierarchies = cgroupHierarchies();
  if (hierarchies.length === 0) {
    return [
      'no control groups of systemd under /sys/fs/cgroup; run "mkdir -p /sys/fs/cgroup/systemd && mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd"',
    ];
  }
  return hierarchies
    .filter((folder) => !isWritable(folder))
    .map((folder) => `${folder} is read-only; run "mount -o remount,rw ${folder}"`);
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
