import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';

/** Nice value of the lowest priority. */
const LOWEST = 19;

/** True where a lowered priority differs from that of the tests: on Linux, unless they run at the lowest one. */
export const showsPriorities = process.platform === 'linux' && getPriority() < LOWEST;

/** Threads of this process, and of the processes that it has started, that have the lowest priority: paths under `/proc`. */
export function lowestThreads(): readonly string[] {
  return threadsOf(process.pid).filter((thread) => niceOf(thread) === LOWEST);
}

function threadsOf(pid: number): readonly string[] {
  const folder = `/proc/${pid}/task`;
  return entriesOf(folder).flatMap((tid) => {
    const thread = `${folder}/${tid}`;
    const children = read(`${thread}/children`).split(' ').filter(Boolean);
    return [thread, ...children.flatMap((child) => threadsOf(Number(child)))];
  });
}

/** The nice value is field 19 of `stat`, of which the second one, a name in parentheses, may hold spaces; see `proc_pid_stat(5)`. */
function niceOf(thread: string): number {
  const stat = read(`${thread}/stat`);
  const fromThird = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fromThird[19 - 3]);
}

/** Threads end while they are read. */
function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
