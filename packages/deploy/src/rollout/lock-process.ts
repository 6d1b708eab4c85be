import { readFileSync, readlinkSync } from 'node:fs';

import * as z from 'zod';

/** Schema of {@link LockProcess}. */
export const lockProcessSchema = z.object({ machine: z.string(), pid: z.int().positive() });

/** A process that holds a lock. */
export interface LockProcess {
  /** Boot of the machine, and the namespace of its process IDs. */
  readonly machine: string;
  readonly pid: number;
}

/** Identifies this process; `undefined` where the kernel isn't Linux. */
export function thisProcess(): LockProcess | undefined {
  const machine = thisMachine();
  return machine === undefined ? undefined : { machine, pid: process.pid };
}

/** Checks whether a process has ended: only one of this machine and of the same namespace can be seen. */
export function hasEnded(found: LockProcess | undefined): boolean {
  if (found === undefined || found.machine !== thisMachine()) return false;
  try {
    process.kill(found.pid, 0);
    return false;
  } catch (error) {
    // A process of another account exists too.
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

function thisMachine(): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return undefined;
  }
}
