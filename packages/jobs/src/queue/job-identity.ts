import { createHash, randomBytes } from 'node:crypto';
import { JobsError } from '../errors/jobs-error.ts';
import type { Idempotency, JobRequest } from '../job/job.ts';
import type { NewJob } from './job-queue.ts';

/** Creates the request of a new job, with an id that can't be guessed. */
export function createJobRequest(
  { body, sentBody = body, idempotencyKey, ...given }: NewJob,
  createdAtMs: number,
): JobRequest {
  return {
    ...given,
    id: randomBytes(16).toString('base64url'),
    createdAtMs,
    ...(idempotencyKey !== undefined && {
      idempotency: idempotencyOf(given, idempotencyKey, sentBody),
    }),
  };
}

function idempotencyOf(
  { owner = '', path, headers, webhookUrl }: Omit<NewJob, 'body'>,
  key: string,
  body: Uint8Array,
): Idempotency {
  const head = JSON.stringify([path, Object.entries(headers).sort(), webhookUrl]);
  return {
    key: createHash('sha256')
      .update(JSON.stringify([owner, key]))
      .digest('hex'),
    fingerprint: createHash('sha256').update(`${head}\n`).update(body).digest('hex'),
  };
}

/** Returns true for a text that can be the id of a job, and so a file name and a part of an object key. */
export function isJobId(text: string): boolean {
  return /^[A-Za-z0-9_-]{22}$/.test(text);
}

/**
 * Rejects an idempotency key that was used for another request.
 *
 * @throws JobsError `ERR_JOBS_IDEMPOTENCY_MISMATCH`.
 */
export function checkSameRequest(known: JobRequest, repeated: JobRequest): void {
  if (known.idempotency?.fingerprint === repeated.idempotency?.fingerprint) return;
  throw new JobsError(
    'ERR_JOBS_IDEMPOTENCY_MISMATCH',
    'this Idempotency-Key came with another request before; use a new key for a new request',
  );
}
