import { readFileSync } from 'node:fs';

const NAME = /^(\d{1,10})-(\d{1,20})-([0-9a-f]{8})-[0-9a-f]{12}$/;

/**
 * Returns the name of the running process, which no process before or after it has: its id, the time at which it began, and
 * the boot of the machine (https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html). Without `/proc` it is the id only.
 */
export function processName(): string {
  return `${process.pid}-${startTime(process.pid) ?? '0'}-${bootId()}`;
}

/** Returns whether a folder belongs to a process; other folders are foreign. */
export function isProcessFolder(name: string): boolean {
  return NAME.test(name);
}

/** Returns whether the process of a folder is running. */
export function isRunning(folder: string): boolean {
  const [, pid = '', start, boot] = NAME.exec(folder) ?? [];
  if (boot !== bootId() || pid === '0') return false;
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    // A process of another user is one.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const current = startTime(Number(pid));
  return current === undefined || start === current;
}

function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the name of the program, in parentheses, and may contain any character.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

let boot: string | undefined;

function bootId(): string {
  if (boot !== undefined) return boot;
  try {
    boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').slice(0, 8);
  } catch {
    boot = '00000000';
  }
  return boot;
}
