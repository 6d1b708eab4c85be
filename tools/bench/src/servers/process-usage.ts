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
  const parents = new Map<number, number>();
  const stats = new Map<number, readonly string[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      stats.set(Number(name), fields);
      parents.set(Number(name), Number(fields[1]));
    } catch {
      // It has ended since then.
    }
  }
  let cpuSeconds = 0;
  let rssMiB = 0;
  for (const [pid, fields] of stats) {
    if (!descends(pid, root, parents)) continue;
    cpuSeconds += (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    rssMiB += (Number(fields[21]) * PAGE_BYTES) / 2 ** 20;
  }
  return { cpuSeconds, rssMiB };
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
