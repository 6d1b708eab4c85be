import type { createLogger } from '@fairlead/monitoring';

/** Structured log of a gateway. */
export type Logger = ReturnType<typeof createLogger>;

/** Destination of a log, such as `process.stdout`. */
export interface LogDestination {
  /** Receives one line of JSON. */
  write(line: string): unknown;
}
