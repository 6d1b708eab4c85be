import { readdirSync, readFileSync } from 'node:fs';

// Linux reports processor time in ticks of 10 ms (sysconf(_SC_CLK_TCK)).
const TICKS_PER_SECOND = 100;

/** Reads a file of /proc; empty if the process has ended. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Fields of `/proc/PID/stat` from the third on, without the name, which may have spaces. */
function statOf(pid: string): readonly string[] {
  const stat = read(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** Returns the ids of a process and its descendants. */
export function processTree(root: number): readonly number[] {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), Number(statOf(name)[1])] as const),
  );
  const descends = (pid: number): boolean => {
    let each: number | undefined = pid;
    while (each !== undefined && each > 1) {
      if (each === root) return true;
      each = parents.get(each);
    }
    return false;
  };
  return [...parents.keys()].filter(descends);
}

/** Returns the processor time of processes so far, in seconds. */
export function processorSeconds(pids: readonly number[]): number {
  const ticks = pids.map((pid) => {
    const fields = statOf(String(pid));
    return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  });
  return ticks.reduce((sum, each) => sum + (Number.isNaN(each) ? 0 : each), 0) / TICKS_PER_SECOND;
}

/** Returns the memory of processes in bytes, with pages that several of them share counted once (proportional set size). */
export function memoryBytes(pids: readonly number[]): number {
  return pids
    .map((pid) => Number(/^Pss:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0))
    .reduce((sum, kilobytes) => sum + kilobytes * 1024, 0);
}

/** Returns the time that cores were idle so far, in seconds. */
export function idleSeconds(cores: readonly number[]): number {
  const stat = read('/proc/stat');
  return cores
    .map((core) => {
      const [, , , , idle = 0, waiting = 0] = (
        new RegExp(`^cpu${core} .*$`, 'm').exec(stat)?.[0] ?? ''
      )
        .split(' ')
        .map(Number);
      return (idle + waiting) / TICKS_PER_SECOND;
    })
    .reduce((sum, each) => sum + each, 0);
}
