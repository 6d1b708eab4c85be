import type { createLogger } from '@fairlead/monitoring';

/** Structured log of a gateway. */
export type Logger = ReturnType<typeof createLogger>;
