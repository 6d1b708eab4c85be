/** Stable codes of {@link MonitoringError}; each has its paragraph in `docs/errors/monitoring.md`. */
export type MonitoringErrorCode =
  | 'ERR_MONITORING_INVALID_OPTION'
  | 'ERR_MONITORING_METRIC_NAME_TAKEN'
  | 'ERR_MONITORING_CLOUDWATCH_METRIC_INVALID'
  | 'ERR_MONITORING_CLOUDWATCH_REFUSED'
  | 'ERR_MONITORING_CLOUDWATCH_UNAVAILABLE'
  | 'ERR_MONITORING_CLOUDWATCH_VALUES_DROPPED'
  | 'ERR_MONITORING_NOTICE_REJECTED'
  | 'ERR_MONITORING_NOTICE_UNAVAILABLE'
  | 'ERR_MONITORING_NOTICE_LOST';

/**
 * Error class of this package; `code` names the case.
 *
 * @example
 * ```ts
 * import { MonitoringError } from '@fairlead/monitoring';
 *
 * const error = new MonitoringError('ERR_MONITORING_INVALID_OPTION', 'limit is 0');
 * console.log(error.code); // ERR_MONITORING_INVALID_OPTION
 * ```
 */
export class MonitoringError extends Error {
  override readonly name = 'MonitoringError';
  /** Stable across releases, unlike the message. */
  readonly code: MonitoringErrorCode;

  constructor(code: MonitoringErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
