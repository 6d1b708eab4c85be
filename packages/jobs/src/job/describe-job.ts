import type { Job } from './job.ts';

/** A job as clients get to see it. */
export function describeJob({ order, state, outcome, expiresAtMs }: Job): object {
  const { id, model, createdAtMs } = order;
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
