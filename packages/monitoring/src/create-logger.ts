import { pino, stdTimeFunctions } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import { checkMethod, checkOptions, rejectOption } from './check-options.ts';
import type { OptionNames } from './options-problem.ts';
import { redactLine } from './redact-line.ts';

/** Log levels, from the most severe to the most verbose; `silent` writes nothing. */
export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

const levels: readonly LogLevel[] = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

/** Options of {@link createLogger}. */
export interface CreateLoggerOptions {
  /** Destination of the lines, each ending in a newline, for example `process.stdout` or `pino.destination(…)`. */
  readonly destination: DestinationStream;
  /** Name of the service, on every line as `service`. */
  readonly service: string;
  /** Version of the service (not of a model), on every line as `serviceVersion`. */
  readonly serviceVersion?: string;
  /**
   * Minimum level that is written.
   *
   * @defaultValue 'info'
   */
  readonly level?: LogLevel;
}

const optionNames: OptionNames<CreateLoggerOptions> = {
  destination: 'required',
  service: 'required',
  serviceVersion: 'optional',
  level: 'optional',
};

/**
 * Creates a pino logger that writes one JSON object per line: `level` as a word, `time` in ISO 8601, `service`, the
 * fields, `msg`.
 *
 * The value of any key named authorization, cookie, API key, or with secret, password or token in its name is
 * replaced by `[redacted]`, at any depth, child loggers included.
 *
 * @throws `MonitoringError` with `ERR_MONITORING_INVALID_OPTION` for an unknown level or an empty service name.
 *
 * @example
 * ```ts
 * import { createLogger } from '@fairlead/monitoring';
 *
 * const lines: string[] = [];
 * const destination = { write: (line: string) => lines.push(line) };
 * const logger = createLogger({ service: 'shop', destination });
 * logger.info({ model: 'digits' }, 'loaded');
 * console.log(JSON.parse(lines[0] ?? '').service); // shop
 * ```
 */
export function createLogger(options: CreateLoggerOptions): Logger {
  const {
    destination,
    service,
    serviceVersion,
    level = 'info',
  } = checkOptions('createLogger', options, optionNames);
  checkMethod('destination', destination, 'write');
  if (!levels.includes(level)) rejectOption('level', `one of ${levels.join(', ')}`, level);
  if (typeof service !== 'string' || service === '') {
    rejectOption('service', 'a name that is not empty', service);
  }
  return pino(
    {
      level,
      base: { service, ...(serviceVersion !== undefined && { serviceVersion }) },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // On the finished line, because pino's `redact` supports fixed paths only, and its formatters don't
      // get the bindings of child loggers.
      hooks: { streamWrite: redactLine },
    },
    destination,
  );
}
