import { setting } from './setting.ts';
import { whole, wholeOrAuto } from './setting-values.ts';

/** Largest number of processes of one gateway: more than any instance of EC2 has cores for. */
export const MAX_PROCESSES = 256;

/** Settings of a gateway that runs as several processes. */
export const processSettings = {
  processes: setting(
    'FAIRLEAD_PROCESSES',
    wholeOrAuto(1, MAX_PROCESSES),
    '1',
    'Processes that answer requests, each with all models in its memory. They share the addresses, and limits and metrics count for all of them together. `auto` is one for each core, as far as their memory fits.',
  ),
  processMemoryBytes: setting(
    'FAIRLEAD_PROCESS_MEMORY_BYTES',
    whole(1, 2 ** 50),
    '1073741824',
    'Memory of one process with its models, of which `FAIRLEAD_PROCESSES=auto` starts no more than fit into that of the machine, or into the limit of its control group.',
  ),
  process: setting(
    'FAIRLEAD_PROCESS',
    whole(1, MAX_PROCESSES).optional(),
    undefined,
    'Number of a process among them, from 1; set by the gateway for the processes that it starts, never by hand.',
  ),
} as const;
