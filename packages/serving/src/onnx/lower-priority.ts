import { constants, setPriority } from 'node:os';
import { isMainThread } from 'node:worker_threads';

/** Argument of a worker whose executions no client waits for. */
export const BACKGROUND = '--background';

/**
 * Gives this thread, and those that it starts from now on, the lowest priority: it computes while no other thread needs the processor. A worker process does so too.
 *
 * Only Linux has a priority for each thread, as `setpriority(2)` says; elsewhere a worker thread stays as it is, for the call would change the whole process. No thread
 * may raise its priority again without a privilege.
 */
export function lowerPriority(): void {
  if (process.platform !== 'linux' && !isMainThread) return;
  try {
    setPriority(constants.priority.PRIORITY_LOW);
  } catch {
    // Where the system forbids it, such as by a filter of system calls, the worker competes with the others.
  }
}
