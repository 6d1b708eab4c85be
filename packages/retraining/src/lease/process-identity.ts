import { readFileSync, readlinkSync } from 'node:fs';

/** Start of a process in ticks since the boot, which a later one with the same number doesn't have; '' where that can't be read. */
export function startOfProcess(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may contain spaces (proc_pid_stat(5)); state is field 3, the start field 22.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : (fields[19] ?? '');
  } catch {
    return hasProcFolder() || !acceptsSignals(pid) ? undefined : '';
  }
}

/** Returns whether the process with this number and start runs. */
export function isRunning(pid: number, start: string): boolean {
  const found = startOfProcess(pid);
  return found !== undefined && found === start;
}

/** Kernel and namespace in which a process number is unique; '' where that can't be read. */
export function processNamespace(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot}/${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return '';
  }
}

function hasProcFolder(): boolean {
  try {
    readFileSync('/proc/self/stat');
    return true;
  } catch {
    return false;
  }
}

function acceptsSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another account's process runs too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
