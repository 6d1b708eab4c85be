import { setting } from './setting.ts';
import { whole } from './setting-values.ts';

/** Largest number of processes of one gateway: more than any instance of EC2 has cores for. */
const MAX_PROCESSES = 256;

/** Settings of a gateway that runs as several processes. */
export const processSettings = {
  processes: setting(
    'FAIRLEAD_PROCESSES',
    whole(1, MAX_PROCESSES),
    '1',
    'Processes that answer requests, each with all models in its memory. They share the addresses, and limits and metrics count for all of them together.',
  ),
  process: setting(
    'FAIRLEAD_PROCESS',
    whole(1, MAX_PROCESSES).optional(),
    undefined,
    'Number of a process among them, from 1; set by the gateway for the processes that it starts, never by hand.',
  ),
} as const;
