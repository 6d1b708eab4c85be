import { ServingError } from '../errors/serving-error.ts';
import type { Job } from './job.ts';

/** Turns what the storage of jobs throws into an error that clients may see. */
export function stored<T>(work: Promise<T>): Promise<T> {
  return work.catch((cause: unknown) => {
    if (cause instanceof ServingError) throw cause;
    const message = 'the storage of jobs failed; try again later';
    throw new ServingError('ERR_SERVING_JOB_STORE_FAILED', message, { cause });
  });
}

/** Whether an error is a fault of the server's own; that of a job that failed was reported when it ran. */
export function isFaultOfOurs(error: unknown, status: number): boolean {
  const code = error instanceof ServingError ? error.code : undefined;
  if (code === 'ERR_SERVING_JOB_STORE_FAILED') return true;
  return status === 500 && code !== 'ERR_SERVING_JOB_FAILED';
}

/**
 * Finds the job of a client, without revealing whether another client has such a job.
 *
 * @throws ServingError `ERR_SERVING_JOB_NOT_FOUND`.
 */
export function visible(job: Job | undefined, client: string | undefined, id: string): Job {
  if (job !== undefined && job.order.owner === client) return job;
  throw notFound(id);
}

/** The error for a job that isn't there, or isn't the client's. */
export function notFound(id: string): ServingError {
  return new ServingError(
    'ERR_SERVING_JOB_NOT_FOUND',
    `no job ${JSON.stringify(id.slice(0, 100))} is known: it never was, is another client's, was deleted, or was kept for its time`,
  );
}

/** What `authorize` threw, as the `cause`. */
export class NotAuthorized extends Error {}

/**
 * Calls `authorize`.
 *
 * @throws NotAuthorized with what it threw.
 */
export function authorized(authorize: () => void): void {
  try {
    authorize();
  } catch (cause) {
    throw new NotAuthorized('the client may not use the model of the job', { cause });
  }
}
