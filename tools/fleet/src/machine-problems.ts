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

/** Properties of the machine that decide whether it can boot a fleet; default: those of this machine. */
export interface Machine {
  readonly platform?: NodeJS.Platform;
  /** Number of the user who runs the tests. */
  readonly uid?: number | undefined;
  /** Folders of programs, separated by colons. */
  readonly path?: string;
  /** File with the filesystems that the kernel has loaded. */
  readonly filesystems?: string;
  /** Folder of the control groups. */
  readonly cgroups?: string;
}

/**
 * Finds the reasons why a machine can't boot a fleet; each says what is missing and the command that provides it. Empty when
 * it can.
 */
export function findMachineProblems({
  platform = process.platform,
  uid = process.getuid?.(),
  path = COMMAND_ENVIRONMENT.PATH,
  filesystems = '/proc/filesystems',
  cgroups = '/sys/fs/cgroup',
}: Machine = {}): readonly string[] {
  if (platform !== 'linux') return [`fleets run on Linux, not on ${platform}`];
  const problems: string[] = [];
  const missing = Object.entries(PROGRAMS).filter(([program]) => !isInstalled(program, path));
  if (missing.length > 0) {
    const [programs, packages] = [missing.map(([name]) => name), missing.map(([, name]) => name)];
    problems.push(
      `missing: ${programs.join(', ')}; run "node tools/setup/setup.mjs --dev" as root, or "apt-get install -y --no-install-recommends ${packages.join(' ')}"`,
    );
  }
  // Without root, the checks below fail too, and say less.
  if (uid !== 0) {
    return [...problems, 'mounts and namespaces need root; run "sudo npm run fleet"'];
  }
  if (!/\boverlay$/m.test(readFileSync(filesystems, 'utf8'))) {
    problems.push('the kernel has no overlayfs loaded; run "modprobe overlay"');
  }
  return [...problems, ...namespaceProblems(path), ...cgroupProblems(cgroups)];
}

/** Checks whether this machine can boot a fleet; writes the reasons on standard error when it can't. Tests are skipped then. */
export function canBootFleet(
  machine?: Machine,
  write: (line: string) => void = (line) => void process.stderr.write(line),
): boolean {
  const problems = findMachineProblems(machine);
  if (problems.length === 0) return true;
  write(`SKIPPED: tests on hosts, because this machine can't boot any: ${problems.join('; ')}\n`);
  return false;
}

function isInstalled(program: string, path: string): boolean {
  return path.split(':').some((folder) => existsSync(`${folder}/${program}`));
}

function namespaceProblems(path: string): readonly string[] {
  const { status, stderr, error } = spawnSync(
    'unshare',
    ['--mount', '--net', '--pid', '--ipc', '--uts', '--fork', 'true'],
    { encoding: 'utf8', env: { ...COMMAND_ENVIRONMENT, PATH: path } },
  );
  if (status === 0) return [];
  const reason = error === undefined ? stderr.trim() : error.message;
  return [`namespaces can't be created (${reason}); in a container, start it with "--privileged"`];
}

function cgroupProblems(root: string): readonly string[] {
  const hierarchies = cgroupHierarchies(root);
  if (hierarchies.length === 0) {
    return [
      `no control groups of systemd under ${root}; run "mkdir -p ${root}/systemd && mount -t cgroup -o none,name=systemd cgroup ${root}/systemd"`,
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
