import { createHash, randomBytes } from 'node:crypto';
import type { Idempotency, JobOrder } from '../job/job.ts';
import type { NewJob } from './job-queue.ts';
import { JobsError } from '../errors/jobs-error.ts';

/** Makes the order of a new job, with an id that can't be guessed. */
export function orderOf(
  { body, sentBody = body, idempotencyKey, ...asked }: NewJob,
  createdAtMs: number,
): JobOrder {
  return {
    ...asked,
    id: randomBytes(16).toString('base64url'),
    createdAtMs,
    ...(idempotencyKey !== undefined && {
      idempotency: idempotencyOf(asked, idempotencyKey, sentBody),
    }),
  };
}

function idempotencyOf(
  { owner = '', path, headers, webhookUrl }: Omit<NewJob, 'body'>,
  key: string,
  body: Uint8Array,
): Idempotency {
  const asked = JSON.stringify([path, Object.entries(headers).sort(), webhookUrl]);
  return {
    key: createHash('sha256')
      .update(JSON.stringify([owner, key]))
      .digest('hex'),
    fingerprint: createHash('sha256').update(`${asked}\n`).update(body).digest('hex'),
  };
}

/** Whether a text can be the id of a job, and so a file name and a part of a key. */
export function isJobId(text: string): boolean {
  return /^[A-Za-z0-9_-]{22}$/.test(text);
}

/**
 * Refuses a key that was used for something else.
 *
 * @throws JobsError `ERR_JOBS_IDEMPOTENCY_MISMATCH`.
 */
export function requireSameRequest(known: JobOrder, asked: JobOrder): void {
  if (known.idempotency?.fingerprint === asked.idempotency?.fingerprint) return;
  throw new JobsError(
    'ERR_JOBS_IDEMPOTENCY_MISMATCH',
    'this Idempotency-Key came with another request before; use a new key for a new request',
  );
}
