/** Stable codes of {@link ServingError}; each has a paragraph in `docs/errors.md`. */
export type ServingErrorCode =
  | 'ERR_SERVING_ALREADY_LOADED'
  | 'ERR_SERVING_BAD_REQUEST'
  | 'ERR_SERVING_BODY_TOO_LARGE'
  | 'ERR_SERVING_CANCELED'
  | 'ERR_SERVING_CIRCUIT_OPEN'
  | 'ERR_SERVING_CLIENT_LIMIT'
  | 'ERR_SERVING_CLOSED'
  | 'ERR_SERVING_COST_LIMIT'
  | 'ERR_SERVING_COST_TOO_LARGE'
  | 'ERR_SERVING_DEADLINE_EXCEEDED'
  | 'ERR_SERVING_GOLDEN_MISMATCH'
  | 'ERR_SERVING_IDEMPOTENCY_MISMATCH'
  | 'ERR_SERVING_INVALID_OPTION'
  | 'ERR_SERVING_JOBS_FULL'
  | 'ERR_SERVING_JOBS_OWNER_LIMIT'
  | 'ERR_SERVING_JOB_CANCELED'
  | 'ERR_SERVING_JOB_FAILED'
  | 'ERR_SERVING_JOB_NOT_FINISHED'
  | 'ERR_SERVING_JOB_NOT_FOUND'
  | 'ERR_SERVING_JOB_STORE_FAILED'
  | 'ERR_SERVING_LIMITS_UNAVAILABLE'
  | 'ERR_SERVING_LOAD_FAILED'
  | 'ERR_SERVING_METHOD_NOT_ALLOWED'
  | 'ERR_SERVING_MODEL_NOT_FOUND'
  | 'ERR_SERVING_NO_ROOM'
  | 'ERR_SERVING_NOT_ACCEPTABLE'
  | 'ERR_SERVING_NOT_READY'
  | 'ERR_SERVING_OVERLOADED'
  | 'ERR_SERVING_PATH_NOT_FOUND'
  | 'ERR_SERVING_ROWS_DEPENDENT'
  | 'ERR_SERVING_RUN_FAILED'
  | 'ERR_SERVING_TOO_MANY_ROWS'
  | 'ERR_SERVING_UNSUPPORTED'
  | 'ERR_SERVING_UNSUPPORTED_MEDIA_TYPE'
  | 'ERR_SERVING_UPSTREAM_FAILED'
  | 'ERR_SERVING_UPSTREAM_UNREACHABLE'
  | 'ERR_SERVING_VERSION_NOT_FOUND';

/** Options of a {@link ServingError}. */
export interface ServingErrorOptions extends ErrorOptions {
  /** Milliseconds after which trying again makes sense, where that is known. */
  readonly retryAfterMs?: number;
}

/**
 * Something that the model server can't or won't do; the protocol decides on the HTTP status.
 *
 * @example
 * ```ts
 * import { ServingError } from '@fairlead/serving';
 *
 * const error = new ServingError('ERR_SERVING_BAD_REQUEST', 'the input x is missing');
 * console.log(error.code, error.message); // ERR_SERVING_BAD_REQUEST the input x is missing
 * ```
 */
export class ServingError extends Error {
  override readonly name = 'ServingError';
  readonly code: ServingErrorCode;
  /** Milliseconds after which trying again makes sense, where that is known. */
  readonly retryAfterMs: number | undefined;

  constructor(code: ServingErrorCode, message: string, options: ServingErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/**
 * A {@link ServingError} without a stack, for what is refused by the thousands: to note the stack down takes longer than
 * all else about a refusal.
 */
export function refusal(code: ServingErrorCode, message: string): ServingError {
  const { stackTraceLimit } = Error;
  // With frozen intrinsics the value stays unchanged.
  Reflect.set(Error, 'stackTraceLimit', 0);
  const error = new ServingError(code, message);
  Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
  return error;
}
