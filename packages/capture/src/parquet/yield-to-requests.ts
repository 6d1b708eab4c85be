import { constants, getPriority, setPriority } from 'node:os';

/**
 * Lowers the priority of the calling thread below that of threads that answer requests.
 *
 * Only Linux has a priority for each thread, as `setpriority(2)` says; elsewhere the call would change the whole process.
 */
export function yieldToRequests(): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(Math.max(getPriority(), constants.priority.PRIORITY_BELOW_NORMAL));
  } catch {
    // Where the system forbids it, such as by a filter of system calls, the conversion competes with requests.
  }
}
