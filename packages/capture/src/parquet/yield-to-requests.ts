import { readlinkSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';

/**
 * Lowers the priority of the calling thread below that of threads that answer requests. Where the system knows no priority of single
 * threads, nothing changes.
 */
export function yieldToRequests(): void {
  try {
    // Such as "812/task/815"; the link exists on Linux alone, where each thread has a priority.
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    if (!Number.isSafeInteger(thread) || thread <= 0) return;
    setPriority(thread, Math.max(getPriority(), constants.priority.PRIORITY_BELOW_NORMAL));
  } catch {
    // A conversion at the usual priority is right, too.
  }
}
