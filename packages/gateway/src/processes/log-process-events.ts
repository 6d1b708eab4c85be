import { createLogger } from '@fairlead/monitoring';
import type { LogDestination } from '../monitoring/logger.ts';
import { SERVICE } from '../monitoring/create-monitoring.ts';
import type { Settings } from '../settings/settings.ts';
import type { ProcessChoice } from './choose-processes.ts';
import type { ProcessEvent } from './gateway-processes.ts';

/** Returns a function that logs what happens to processes, at the level `error` when one ends by itself. */
export function logProcessEvents(
  destination: LogDestination,
  { logLevel: level }: Pick<Settings, 'logLevel'>,
): (event: ProcessEvent) => void {
  const logger = createLogger({ destination, service: SERVICE, level });
  return (event) => {
    const { type, process, pid } = event;
    if (type === 'process-ended') logger.error({ process, pid, err: event.error }, type);
    else logger.info({ process, pid }, type);
  };
}

/** Logs the number of processes and its reason, unless the settings name it. */
export function logChoice(
  destination: LogDestination,
  { logLevel: level }: Pick<Settings, 'logLevel'>,
  { count: processes, reason }: ProcessChoice,
): void {
  if (reason === undefined) return;
  createLogger({ destination, service: SERVICE, level }).info({ processes, reason }, 'processes');
}
