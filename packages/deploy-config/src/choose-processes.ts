import { PARENT_BYTES } from './gateway-bytes.ts';

/** Maximum number of processes. */
const MAX_PROCESSES = 256;

/** A model that computes for so long gains nothing from a second process: worker threads of one use the cores. */
const HEAVY_MS = 5;

/**
 * Time of the event loop for a request, in milliseconds, and rows that are computed at once under load.
 *
 * Measured with a model of 0.1 to 0.3 ms a row and 64 connections on 2 cores: one process answers 10,446 requests a second (0.1 ms each), two
 * answer 13,683, which is 0.15 ms of both cores a request. So 0.05 ms are computed where a single row takes 0.2 ms.
 */
const EVENT_LOOP_MS = 0.1;
const ROWS_AT_ONCE = 4;

/** Number of processes of the gateway, and its reason. */
export interface ProcessChoice {
  readonly processes: number;
  readonly reason: string;
}

/**
 * Chooses the number of processes of the gateway: enough that their event loops don't limit the cores, and no more than fit into the memory,
 * as each has all models in it.
 *
 * @param resources - `memoryBytes` that the gateway may use, `processBytes` of one process, `computeMs` of one row
 */
export function chooseProcesses({
  cores,
  memoryBytes,
  processBytes,
  computeMs,
}: {
  readonly cores: number;
  readonly memoryBytes: number;
  readonly processBytes: number;
  readonly computeMs: number | undefined;
}): ProcessChoice {
  if (computeMs === undefined) {
    return { processes: 1, reason: 'the compute time of a row, gateway.computeMs, is not set' };
  }
  const row = `a row computes for ${computeMs} ms`;
  if (computeMs >= HEAVY_MS) {
    return { processes: 1, reason: `${row}, so that worker threads of one process use the cores` };
  }
  const share = EVENT_LOOP_MS / (EVENT_LOOP_MS + computeMs / ROWS_AT_ONCE);
  const useful = Math.min(MAX_PROCESSES, Math.ceil(cores * share));
  if (useful === 1) {
    return { processes: 1, reason: `${row}, so that one event loop is enough for ${cores} cores` };
  }
  const fitting = Math.floor((memoryBytes - PARENT_BYTES) / processBytes);
  const loops = `${row}, so that ${cores} cores need ${useful} event loops`;
  if (fitting >= useful) return { processes: useful, reason: loops };
  const processes = Math.max(1, fitting);
  return { processes, reason: `${loops}, but the memory is enough for ${processes}` };
}
