import { existsSync } from 'node:fs';

/**
 * Finds the hierarchies of control groups that a host's systemd uses: the only one of a machine with version 2, else those of version 1
 * with processes and memory, and the one of version 2 beside them. Empty when systemd can't run here.
 */
export function cgroupHierarchies(root = '/sys/fs/cgroup'): readonly string[] {
  if (existsSync(`${root}/cgroup.controllers`)) return [root];
  if (!existsSync(`${root}/systemd/cgroup.procs`)) return [];
  return ['systemd', 'unified', 'memory']
    .map((name) => `${root}/${name}`)
    .filter((folder) => existsSync(`${folder}/cgroup.procs`));
}
