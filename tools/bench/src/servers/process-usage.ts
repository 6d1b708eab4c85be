import { readdirSync, readFileSync } from 'node:fs';

/** Resources that a process and its descendants use. */
export interface Usage {
  /** Seconds of processor time so far. */
  readonly cpuSeconds: number;
  /** Resident memory, in MiB; pages that processes share are counted for each. */
  readonly rssMiB: number;
}

// Linux reports processor time in ticks of 10 ms (sysconf(_SC_CLK_TCK)).
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

/** Reads the usage of a process tree from /proc. */
export function usageOf(root: number): Usage {
  let cpuSeconds = 0;
  let rssMiB = 0;
  for (const fields of readTree(root).values()) {
    cpuSeconds += (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    rssMiB += (Number(fields[21]) * PAGE_BYTES) / 2 ** 20;
  }
  return { cpuSeconds, rssMiB };
}

/** A process and its descendants. */
export function treeOf(root: number): readonly number[] {
  return [...readTree(root).keys()];
}

/** The fields of `stat` behind the name, for a process and its descendants. */
function readTree(root: number): ReadonlyMap<number, readonly string[]> {
  const stats = new Map<number, readonly string[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      stats.set(Number(name), stat.slice(stat.lastIndexOf(')') + 2).split(' '));
    } catch {
      // It has ended since then.
    }
  }
  const parents = new Map([...stats].map(([pid, [, parent]]) => [pid, Number(parent)]));
  return new Map([...stats].filter(([pid]) => descends(pid, root, parents)));
}

/** Seconds of processor time that all processes of the machine have used so far. */
export function totalCpuSeconds(): number {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n', 1);
  const [user = 0, nice = 0, system = 0, , , interrupts = 0, softInterrupts = 0] = line
    .split(/ +/)
    .slice(1)
    .map(Number);
  return (user + nice + system + interrupts + softInterrupts) / TICKS_PER_SECOND;
}

/** Seconds of processor time that this process and those of its children that have ended have used so far. */
export function ownCpuSeconds(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, each) => sum + Number(each), 0) / TICKS_PER_SECOND;
}

function descends(pid: number, root: number, parents: ReadonlyMap<number, number>): boolean {
  for (
    let each: number | undefined = pid;
    each !== undefined && each > 1;
    each = parents.get(each)
  ) {
    if (each === root) return true;
  }
  return false;
}
