import { pino, stdTimeFunctions } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import { MonitoringError } from './monitoring-error.ts';
import { redactLine } from './redact-line.ts';

/** From the gravest to the most talkative; `silent` writes nothing. */
export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

const levels: readonly LogLevel[] = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

/** Options of {@link createLogger}. */
export interface CreateLoggerOptions {
  /** Takes the finished lines, each ending in a newline: `process.stdout`, `pino.destination(…)`, a test's own. */
  readonly destination: DestinationStream;
  /** Name of the service, on every line as `service`. */
  readonly service: string;
  /** Version of the service (not of a model), on every line as `serviceVersion`. */
  readonly serviceVersion?: string;
  /**
   * The least grave level that is written.
   *
   * @defaultValue 'info'
   */
  readonly level?: LogLevel;
}

/**
 * Makes a pino logger that writes one JSON object a line: `level` as a word, `time` in ISO 8601, `service`, the
 * fields, `msg`.
 *
 * The value of any key named authorization, cookie, API key, or with secret, password or token in its name is
 * replaced by `[redacted]`, at any depth, child loggers included.
 *
 * @throws `MonitoringError` with `ERR_MONITORING_OPTION_INVALID` for an unknown level or an empty service name.
 */
export function createLogger({
  destination,
  service,
  serviceVersion,
  level = 'info',
}: CreateLoggerOptions): Logger {
  if (!levels.includes(level)) {
    throw new MonitoringError(
      'ERR_MONITORING_OPTION_INVALID',
      `level must be one of ${levels.join(', ')}, not "${level}".`,
    );
  }
  if (service === '') {
    throw new MonitoringError('ERR_MONITORING_OPTION_INVALID', 'service must not be empty.');
  }
  return pino(
    {
      level,
      base: { service, ...(serviceVersion !== undefined && { serviceVersion }) },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // On the finished line, because pino's own `redact` knows fixed paths only and its formatters are not
      // asked about the bindings of child loggers.
      hooks: { streamWrite: redactLine },
    },
    destination,
  );
}
