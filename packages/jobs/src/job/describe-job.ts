import type { Job } from './job.ts';

/**
 * Describes a job for clients, as JSON: in responses, and as the data of webhooks.
 *
 * @example
 * ```ts
 * import { describeJob } from '@fairlead/jobs';
 *
 * const request = { id: 'AAAAAAAAAAAAAAAAAAAAAA', path: '/', headers: {}, model: 'm', createdAtMs: 0 };
 * console.log(JSON.stringify(describeJob({ request, state: 'queued' }))); // {"id":"AAAAAAAAAAAAAAAAAAAAAA","status":"queued","model":"m","created_at":"1970-01-01T00:00:00.000Z"}
 * ```
 */
export function describeJob({ request, state, outcome, expiresAtMs }: Job): object {
  const { id, model, createdAtMs } = request;
  return {
    id,
    status: state,
    model,
    ...(outcome?.version !== undefined && { version: outcome.version }),
    created_at: isoTime(createdAtMs),
    ...(outcome && { finished_at: isoTime(outcome.finishedAtMs), attempts: outcome.attempts }),
    ...(expiresAtMs !== undefined && { expires_at: isoTime(expiresAtMs) }),
    ...(outcome?.reason !== undefined && { reason: outcome.reason }),
  };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
