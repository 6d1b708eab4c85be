import { checkInteger, checkOptions, MAX_INT32 } from '../errors/check-options.ts';
import type { OptionNames } from '@fairlead/signature';
import { ServingError } from '../errors/serving-error.ts';

/** Options of the circuit breaker in front of a runtime. */
export interface CircuitBreakerOptions {
  /**
   * Share of the last executions that may fail; above it the circuit opens. Between 0 and 1, both exclusive.
   * @defaultValue 0.5
   */
  readonly failureRatio?: number;
  /**
   * Number of the last executions that are counted.
   * @defaultValue 20
   */
  readonly executions?: number;
  /**
   * Minimum number of executions before the circuit can open.
   * @defaultValue 10, or `executions` if that is less
   */
  readonly minExecutions?: number;
  /**
   * Time between the opening of the circuit and the execution that tries the runtime again, in milliseconds; doubles each
   * time that execution fails.
   * @defaultValue 1000
   */
  readonly retryAfterMs?: number;
  /**
   * Maximum of that time, in milliseconds.
   * @defaultValue 10000, or `retryAfterMs` if that is more
   */
  readonly maxRetryAfterMs?: number;
}

const optionNames: OptionNames<CircuitBreakerOptions> = {
  failureRatio: 'optional',
  executions: 'optional',
  minExecutions: 'optional',
  retryAfterMs: 'optional',
  maxRetryAfterMs: 'optional',
};

/**
 * Fills in the defaults.
 *
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the option and its value.
 */
export function circuitBreakerOptions(
  options: CircuitBreakerOptions,
): Required<CircuitBreakerOptions> {
  const {
    failureRatio = 0.5,
    executions = 20,
    minExecutions = Math.min(10, executions),
    retryAfterMs = 1000,
    maxRetryAfterMs = Math.max(10_000, retryAfterMs),
  } = checkOptions('circuitBreaker', options, optionNames);
  if (!(failureRatio > 0 && failureRatio < 1)) {
    const message = `circuitBreaker.failureRatio is ${failureRatio}; it must be between 0 and 1`;
    throw new ServingError('ERR_SERVING_INVALID_OPTION', message);
  }
  const limits = {
    executions: [executions, 1, 1_000_000],
    minExecutions: [minExecutions, 1, executions],
    retryAfterMs: [retryAfterMs, 1, MAX_INT32],
    maxRetryAfterMs: [maxRetryAfterMs, retryAfterMs, MAX_INT32],
  } as const;
  for (const [name, [value, min, max]] of Object.entries(limits)) {
    checkInteger(`circuitBreaker.${name}`, value, min, max);
  }
  return { failureRatio, executions, minExecutions, retryAfterMs, maxRetryAfterMs };
}
