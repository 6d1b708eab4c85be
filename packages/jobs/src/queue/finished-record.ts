import type { Job, JobOrder, JobOutcome } from '../job/job.ts';
import { packRecord, unpackRecord } from './packed-record.ts';

/** What is stored of a job that has ended, in front of the answer's body. */
export interface FinishedFacts {
  readonly order: JobOrder;
  readonly outcome: Omit<JobOutcome, 'response'>;
  readonly response?: { readonly status: number; readonly headers: Record<string, string> };
}

const NO_BODY = new Uint8Array();

/** The record of a job that has ended. */
export function packOutcome(order: JobOrder, { response, ...outcome }: JobOutcome): Buffer {
  const { body = NO_BODY, ...head } = response ?? {};
  return packRecord({ order, outcome, ...(response && { response: head }) }, body);
}

/** How a job ended, out of its record. */
export function unpackOutcome(bytes: Buffer): JobOutcome {
  const { facts, body } = unpackRecord(bytes);
  const { outcome, response } = facts as FinishedFacts;
  return { ...outcome, ...(response && { response: { ...response, body } }) };
}

/** A job that has ended, which is kept for `retentionMs` from then. */
export function finishedJob({ order, outcome }: FinishedFacts, retentionMs: number): Required<Job> {
  const { state, finishedAtMs } = outcome;
  return { order, state, outcome, expiresAtMs: finishedAtMs + retentionMs };
}
