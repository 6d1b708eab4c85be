import { readFileSync, readlinkSync } from 'node:fs';

/** A process that owns a temporary folder. */
interface FolderOwner {
  /** PID namespace: the number of a process in another container means nothing in this one. */
  readonly namespace: string;
  readonly pid: number;
  /** Distinguishes processes that have the same number one after the other. */
  readonly startTime: string;
}

/** Returns a text for the name of a folder that identifies this process, such as `4026531836.4711.8675309`. */
export function ownerOfThisProcess(): string {
  return [ownNamespace(), process.pid, startTimeOf(process.pid) ?? 0].join('.');
}

/** Returns whether the owner of a folder has ended; false when that can't be known. */
export function hasEnded(owner: string): boolean {
  const parsed = parseOwner(owner);
  if (parsed?.namespace !== ownNamespace()) return false;
  const startTime = startTimeOf(parsed.pid);
  return process.platform === 'linux' ? startTime !== parsed.startTime : !isUsed(parsed.pid);
}

function parseOwner(owner: string): FolderOwner | undefined {
  const [, namespace = '', pid = '', startTime = ''] = /^(\d+)\.(\d+)\.(\d+)$/.exec(owner) ?? [];
  return startTime === '' ? undefined : { namespace, pid: Number(pid), startTime };
}

function ownNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
  } catch {
    return '0';
  }
}

/** Returns the start time of a running process in clock ticks since the boot (proc(5), field 22); undefined without one. */
function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command in parentheses may contain spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function isUsed(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
