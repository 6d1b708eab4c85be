import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { identify } from '@fairlead/setup/process-identity';

/** A process that uses a folder. */
export interface ProcessAbout {
  readonly pid: number;
  readonly group: number;
  readonly command: string;
}

/** Lists the processes whose working directory is in a folder, or whose command names it. */
export function processesAbout(folder: string): readonly ProcessAbout[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((name) => {
    const pid = Number(name);
    if (pid === process.pid || identify(pid) === undefined) return [];
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      const isAbout =
        `${readlinkSync(`/proc/${name}/cwd`)}/`.startsWith(`${folder}/`) ||
        command.includes(folder);
      // proc(5): the group is the third field behind the command in parentheses.
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const group = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
      return isAbout ? [{ pid, group, command }] : [];
    } catch {
      // The process has just ended, or belongs to another user.
      return [];
    }
  });
}
