import type { IncomingMessage } from 'node:http';
import { rejectPromise } from '../errors/check-functions.ts';
import { ServingError } from '../errors/serving-error.ts';
import type { ServingErrorCode } from '../errors/serving-error.ts';
import type { StoredJob } from './job-queue.ts';

/** Codes of the errors of queues that clients get to see, with the codes of the protocol. */
const CODES: Readonly<Record<string, ServingErrorCode>> = {
  ERR_JOBS_FULL: 'ERR_SERVING_JOBS_FULL',
  ERR_JOBS_IDEMPOTENCY_MISMATCH: 'ERR_SERVING_IDEMPOTENCY_MISMATCH',
  ERR_JOBS_OWNER_LIMIT: 'ERR_SERVING_JOBS_OWNER_LIMIT',
  ERR_JOBS_TOO_LARGE: 'ERR_SERVING_BODY_TOO_LARGE',
};

/** Turns errors of the queue into errors that clients get to see. */
export function stored<T>(work: Promise<T>): Promise<T> {
  return work.catch((cause: unknown) => {
    throw toServingError(cause);
  });
}

function toServingError(cause: unknown): ServingError {
  const { code = '', retryAfterMs } = cause as { code?: string; retryAfterMs?: number };
  const known = CODES[code];
  if (known === undefined || !(cause instanceof Error)) {
    const message = 'the storage of jobs failed; try again later';
    return new ServingError('ERR_SERVING_JOB_STORE_FAILED', message, { cause });
  }
  return new ServingError(known, cause.message, {
    cause,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

/** Returns true for an error of the server; the failure of a job was reported when it ran. */
export function isServerFault(error: unknown, status: number): boolean {
  const code = error instanceof ServingError ? error.code : undefined;
  if (code === 'ERR_SERVING_JOB_STORE_FAILED') return true;
  return status === 500 && code !== 'ERR_SERVING_JOB_FAILED';
}

/**
 * Finds the job of a client, without revealing whether another client has such a job.
 *
 * @throws ServingError `ERR_SERVING_JOB_NOT_FOUND`.
 */
export function visible(
  job: StoredJob | undefined,
  client: string | undefined,
  id: string,
): StoredJob {
  if (job !== undefined && job.request.owner === client) return job;
  throw notFound(id);
}

/** Creates the error for a job that doesn't exist, or is another client's. */
export function notFound(id: string): ServingError {
  return new ServingError(
    'ERR_SERVING_JOB_NOT_FOUND',
    `no job ${JSON.stringify(id.slice(0, 100))} is known: it never existed, is another client's, was deleted, or its retention has ended`,
  );
}

/** Error of `authorize`, as the `cause`. */
export class NotAuthorized extends Error {}

/**
 * Calls `authorize`.
 *
 * @throws NotAuthorized with the error of `authorize`.
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` when it returns a promise, whose rejection would come too late.
 */
export function authorized(
  authorize: (req: IncomingMessage, model: string) => unknown,
  req: IncomingMessage,
  model: string,
): void {
  let result: unknown;
  try {
    result = authorize(req, model);
  } catch (cause) {
    throw new NotAuthorized('the client may not use the model of the job', { cause });
  }
  rejectPromise('authorize', result);
}
