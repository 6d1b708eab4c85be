import { availableParallelism, totalmem } from 'node:os';
import { MAX_PROCESSES } from '../settings/process-settings.ts';
import type { Settings } from '../settings/settings.ts';

/** Memory of the process that starts the others, in bytes; it uses about half of it. */
const PARENT_BYTES = 128 * 1024 ** 2;
const MEBIBYTE = 1024 ** 2;

/** Resources for the processes of a gateway. */
export interface Machine {
  readonly cores: number;
  /** Memory that the processes may use, in bytes. */
  readonly memoryBytes: number;
}

/** Number of processes of a gateway. */
export interface ProcessChoice {
  readonly count: number;
  /** Reason of the number, in words, unless the settings name it. */
  readonly reason?: string;
}

/**
 * Returns the number of processes that the settings say, or for `auto` one for each core, as far as their memory fits: that of the
 * machine, or the limit of its control group.
 *
 * @param machine - resources of this machine by default
 *
 * @example
 * ```ts
 * import { chooseProcesses } from '@fairlead/gateway';
 *
 * const machine = { cores: 4, memoryBytes: 3 * 1024 ** 3 };
 * const { count } = chooseProcesses({ processes: undefined, processMemoryBytes: 1024 ** 3 }, machine);
 * console.log(count); // 2
 * ```
 */
export function chooseProcesses(
  { processes, processMemoryBytes: each }: Pick<Settings, 'processes' | 'processMemoryBytes'>,
  machine: Machine = thisMachine(),
): ProcessChoice {
  const { cores, memoryBytes } = machine;
  if (processes !== undefined) return { count: processes };
  const fitting = Math.floor((memoryBytes - PARENT_BYTES) / each);
  const memory = `${mebibytes(each)} (FAIRLEAD_PROCESS_MEMORY_BYTES) fit into ${mebibytes(memoryBytes)}`;
  if (fitting < cores) {
    const count = Math.max(1, fitting);
    return { count, reason: `no more processes of ${memory}; there are ${cores} cores` };
  }
  return {
    count: Math.min(cores, MAX_PROCESSES),
    reason: `one for each core; ${fitting} of ${memory}`,
  };
}

function thisMachine(): Machine {
  // Without a limit it is 0, or more than the machine has.
  const limit = process.constrainedMemory();
  const total = totalmem();
  return {
    cores: availableParallelism(),
    memoryBytes: limit > 0 ? Math.min(limit, total) : total,
  };
}

function mebibytes(bytes: number): string {
  return `${Math.floor(bytes / MEBIBYTE)} MiB`;
}
