import type { GatewayProcess } from './gateway-process.ts';

/** A line that a gateway has logged. */
export interface LogLine {
  readonly msg?: string;
  /** Number of a process of the gateway. */
  readonly process?: number;
  readonly pid?: number;
}

/** Returns what a gateway has logged about its processes. */
export function processLines(gateway: Pick<GatewayProcess, 'lines'>): readonly LogLine[] {
  return gateway
    .lines()
    .filter((line) => /^\{.*"msg":"process-[a-z]+"\}$/.test(line))
    .map((line) => JSON.parse(line) as LogLine);
}

/** Returns the ids of the processes that are ready, by their numbers. */
export function readyProcesses(gateway: Pick<GatewayProcess, 'lines'>): Map<number, number> {
  const ready = new Map<number, number>();
  for (const { msg, process = 0, pid = 0 } of processLines(gateway)) {
    if (msg === 'process-ready') ready.set(process, pid);
    if (msg === 'process-ended') ready.delete(process);
  }
  return ready;
}
