import { readFileSync, readlinkSync } from 'node:fs';

/** Linux counts the time of threads in hundredths of a second, on every architecture that Node.js runs on. */
const TICK_MS = 10;

/** A thread at a moment. */
export interface ThreadState {
  /** True if it computes, or would if it had the processor. */
  readonly isRunnable: boolean;
  /** Processor time since its start, in milliseconds. */
  readonly usedMs: number;
}

/** The folder of this thread in `/proc`; undefined on systems without one. */
export function threadFolder(): string | undefined {
  try {
    return `/proc/${readlinkSync('/proc/thread-self')}`;
  } catch {
    return undefined;
  }
}

/** Reads the state of a thread from `stat`, see `proc_pid_stat(5)`; undefined where there is none. */
export function readThreadState(folder: string | undefined): ThreadState | undefined {
  if (folder === undefined) return undefined;
  try {
    const stat = readFileSync(`${folder}/stat`, 'utf8');
    // The name in parentheses before the third field may hold spaces.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[14 - 3]) + Number(fields[15 - 3]);
    return { isRunnable: fields[0] === 'R', usedMs: ticks * TICK_MS };
  } catch {
    return undefined;
  }
}
