import { SignatureError } from '@fairlead/signature';
import { Metadata, status, type ServerErrorResponse } from '@grpc/grpc-js';
import { ERROR_HEADER } from '../protocol/respond.ts';
import { ServingError, type ServingErrorCode } from '../errors/serving-error.ts';

/** gRPC status of each error: the one place where that is decided. */
const STATUS: Readonly<Record<ServingErrorCode, status>> = {
  ERR_SERVING_ALREADY_LOADED: status.ALREADY_EXISTS,
  ERR_SERVING_BAD_REQUEST: status.INVALID_ARGUMENT,
  ERR_SERVING_BODY_TOO_LARGE: status.RESOURCE_EXHAUSTED,
  ERR_SERVING_CANCELED: status.CANCELLED,
  ERR_SERVING_CIRCUIT_OPEN: status.UNAVAILABLE,
  ERR_SERVING_CLIENT_LIMIT: status.RESOURCE_EXHAUSTED,
  ERR_SERVING_CLOSED: status.UNAVAILABLE,
  ERR_SERVING_COST_LIMIT: status.RESOURCE_EXHAUSTED,
  ERR_SERVING_COST_TOO_LARGE: status.INVALID_ARGUMENT,
  ERR_SERVING_DEADLINE_EXCEEDED: status.DEADLINE_EXCEEDED,
  ERR_SERVING_GOLDEN_MISMATCH: status.INTERNAL,
  ERR_SERVING_IDEMPOTENCY_MISMATCH: status.FAILED_PRECONDITION,
  ERR_SERVING_INVALID_OPTION: status.INTERNAL,
  ERR_SERVING_JOBS_FULL: status.UNAVAILABLE,
  ERR_SERVING_JOBS_OWNER_LIMIT: status.RESOURCE_EXHAUSTED,
  ERR_SERVING_JOB_CANCELED: status.FAILED_PRECONDITION,
  ERR_SERVING_JOB_FAILED: status.INTERNAL,
  ERR_SERVING_JOB_NOT_FINISHED: status.FAILED_PRECONDITION,
  ERR_SERVING_JOB_NOT_FOUND: status.NOT_FOUND,
  ERR_SERVING_JOB_STORE_FAILED: status.UNAVAILABLE,
  ERR_SERVING_LIMITS_UNAVAILABLE: status.UNAVAILABLE,
  ERR_SERVING_LOAD_FAILED: status.INTERNAL,
  ERR_SERVING_METHOD_NOT_ALLOWED: status.UNIMPLEMENTED,
  ERR_SERVING_MODEL_NOT_FOUND: status.NOT_FOUND,
  ERR_SERVING_NO_ROOM: status.RESOURCE_EXHAUSTED,
  ERR_SERVING_NOT_ACCEPTABLE: status.INVALID_ARGUMENT,
  ERR_SERVING_NOT_READY: status.UNAVAILABLE,
  ERR_SERVING_OVERLOADED: status.UNAVAILABLE,
  ERR_SERVING_PATH_NOT_FOUND: status.NOT_FOUND,
  ERR_SERVING_ROWS_DEPENDENT: status.INTERNAL,
  ERR_SERVING_RUN_FAILED: status.INTERNAL,
  ERR_SERVING_TOO_MANY_ROWS: status.INVALID_ARGUMENT,
  ERR_SERVING_UNSUPPORTED: status.UNIMPLEMENTED,
  ERR_SERVING_UNSUPPORTED_MEDIA_TYPE: status.INVALID_ARGUMENT,
  ERR_SERVING_UPSTREAM_FAILED: status.INTERNAL,
  ERR_SERVING_UPSTREAM_UNREACHABLE: status.UNAVAILABLE,
  ERR_SERVING_VERSION_NOT_FOUND: status.NOT_FOUND,
};

/**
 * gRPC error of an HTTP error, such as one of `@fairlead/security`.
 *
 * Source: https://github.com/grpc/grpc/blob/master/doc/statuscodes.md
 */
const OF_HTTP: Readonly<Record<number, status>> = {
  400: status.INVALID_ARGUMENT,
  401: status.UNAUTHENTICATED,
  403: status.PERMISSION_DENIED,
  404: status.NOT_FOUND,
  413: status.RESOURCE_EXHAUSTED,
  429: status.RESOURCE_EXHAUSTED,
  503: status.UNAVAILABLE,
};

/** An error as frameworks for HTTP have it, which says that clients may read its message. */
interface ExposedError extends Error {
  readonly status: number;
  readonly expose: true;
  readonly headers?: Readonly<Record<string, string>>;
}

const RETRY_AFTER_SECONDS = 1;
/** Errors of limits that a client may retry later, beside those that are `UNAVAILABLE`. */
const RETRIED: ReadonlySet<ServingErrorCode> = new Set<ServingErrorCode>([
  'ERR_SERVING_CLIENT_LIMIT',
  'ERR_SERVING_COST_LIMIT',
]);

/**
 * Decides on status and message; an error that isn't meant for clients is a fault of ours, and says nothing of the inside.
 *
 * Errors that a client may retry name the delay, in `retry-after` (seconds) and in `grpc-retry-pushback-ms`, which clients with a
 * retry policy obey.
 */
export function toGrpcError(error: unknown): Pick<ServerErrorResponse, 'code' | 'details'> & {
  readonly code: status;
  readonly metadata: Metadata;
} {
  const metadata = new Metadata();
  if (error instanceof SignatureError) {
    metadata.set(ERROR_HEADER, error.code);
    return { code: status.INVALID_ARGUMENT, details: error.message, metadata };
  }
  if (error instanceof ServingError) {
    metadata.set(ERROR_HEADER, error.code);
    const code = STATUS[error.code];
    const seconds = Math.ceil((error.retryAfterMs ?? 0) / 1000);
    if (code === status.UNAVAILABLE || RETRIED.has(error.code))
      addRetryAfter(metadata, Math.max(RETRY_AFTER_SECONDS, seconds));
    return { code, details: error.message, metadata };
  }
  if (!isExposed(error)) return { code: status.INTERNAL, details: 'internal error', metadata };
  const seconds = Object.entries(error.headers ?? {}).find(
    ([name]) => name.toLowerCase() === 'retry-after',
  )?.[1];
  if (seconds !== undefined && /^\d{1,9}$/.test(seconds)) addRetryAfter(metadata, Number(seconds));
  return { code: OF_HTTP[error.status] ?? status.UNKNOWN, details: error.message, metadata };
}

function addRetryAfter(metadata: Metadata, seconds: number): void {
  metadata.set('retry-after', String(seconds));
  metadata.set('grpc-retry-pushback-ms', String(seconds * 1000));
}

function isExposed(error: unknown): error is ExposedError {
  if (!(error instanceof Error)) return false;
  const { status: http, expose } = error as Partial<ExposedError>;
  return expose === true && typeof http === 'number' && http < 600;
}
