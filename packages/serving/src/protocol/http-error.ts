import { SignatureError } from '@fairlead/signature';
import { ServingError, type ServingErrorCode } from '../errors/serving-error.ts';

/** HTTP status of each error: the one place where that is decided. */
const STATUS: Readonly<Record<ServingErrorCode, number>> = {
  ERR_SERVING_ALREADY_LOADED: 409,
  ERR_SERVING_BAD_REQUEST: 400,
  ERR_SERVING_BODY_TOO_LARGE: 413,
  // No client reads it; nginx logs a disconnected client as 499 as well.
  ERR_SERVING_CANCELED: 499,
  ERR_SERVING_CIRCUIT_OPEN: 503,
  ERR_SERVING_CLIENT_LIMIT: 429,
  ERR_SERVING_CLOSED: 503,
  ERR_SERVING_COST_LIMIT: 429,
  ERR_SERVING_COST_TOO_LARGE: 413,
  ERR_SERVING_DEADLINE_EXCEEDED: 504,
  ERR_SERVING_GOLDEN_MISMATCH: 500,
  ERR_SERVING_IDEMPOTENCY_MISMATCH: 422,
  ERR_SERVING_INVALID_OPTION: 500,
  ERR_SERVING_JOBS_FULL: 503,
  ERR_SERVING_JOBS_OWNER_LIMIT: 429,
  ERR_SERVING_JOB_CANCELED: 410,
  ERR_SERVING_JOB_FAILED: 500,
  ERR_SERVING_JOB_NOT_FINISHED: 409,
  ERR_SERVING_JOB_NOT_FOUND: 404,
  ERR_SERVING_JOB_STORE_FAILED: 503,
  ERR_SERVING_LIMITS_UNAVAILABLE: 503,
  ERR_SERVING_LOAD_FAILED: 500,
  ERR_SERVING_METHOD_NOT_ALLOWED: 405,
  ERR_SERVING_MODEL_NOT_FOUND: 404,
  // SageMaker unloads another model at this status.
  ERR_SERVING_NO_ROOM: 507,
  ERR_SERVING_NOT_ACCEPTABLE: 406,
  ERR_SERVING_NOT_READY: 503,
  ERR_SERVING_OVERLOADED: 503,
  ERR_SERVING_PATH_NOT_FOUND: 404,
  ERR_SERVING_ROWS_DEPENDENT: 500,
  ERR_SERVING_RUN_FAILED: 500,
  ERR_SERVING_TOO_MANY_ROWS: 413,
  ERR_SERVING_UNSUPPORTED: 501,
  ERR_SERVING_UNSUPPORTED_MEDIA_TYPE: 415,
  ERR_SERVING_UPSTREAM_FAILED: 502,
  ERR_SERVING_UPSTREAM_UNREACHABLE: 503,
  ERR_SERVING_VERSION_NOT_FOUND: 404,
};

/** An error as the client gets it. */
export interface HttpError {
  readonly status: number;
  readonly message: string;
  /** Seconds after which trying again makes sense. */
  readonly retryAfterSeconds?: number;
}

/** The stable code of an error, which clients see in the header `fairlead-error`; undefined for one that isn't ours. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof ServingError || error instanceof SignatureError ? error.code : undefined;
}

/** Decides on status and message; an error that isn't ours is a fault of ours, and says nothing of the inside. */
export function toHttpError(error: unknown): HttpError {
  if (error instanceof SignatureError) {
    // An output that JSON can't carry is a limit of this protocol, not a mistake in the request.
    const status = error.code === 'ERR_SIGNATURE_NOT_TEXT' ? 501 : 400;
    return { status, message: error.message };
  }
  if (!(error instanceof ServingError)) return { status: 500, message: 'internal error' };
  const status = STATUS[error.code];
  const { message, retryAfterMs = 0 } = error;
  const retryAfterSeconds = Math.max(1, Math.ceil(retryAfterMs / 1000));
  return { status, message, ...((status === 503 || status === 429) && { retryAfterSeconds }) };
}
