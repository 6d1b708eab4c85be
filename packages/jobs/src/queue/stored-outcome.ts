import type { Job, JobOutcome, JobRequest } from '../job/job.ts';
import { packRecord, unpackRecord } from './packed-record.ts';
import {
  isObject,
  isStoredOutcome,
  isStoredResponse,
  readStoredRequest,
} from './stored-request.ts';

/** First line of the record of a finished job, in front of the body of the response. */
export interface StoredOutcome {
  /** Stored under this name since version 0.1. */
  readonly order: JobRequest;
  readonly outcome: Omit<JobOutcome, 'response'>;
  readonly response?: { readonly status: number; readonly headers: Record<string, string> };
}

const NO_BODY = new Uint8Array();

/** Encodes the record of a finished job. */
export function packOutcome(request: JobRequest, { response, ...outcome }: JobOutcome): Buffer {
  const { body = NO_BODY, ...head } = response ?? {};
  return packRecord({ order: request, outcome, ...(response && { response: head }) }, body);
}

/** Returns what the record of a finished job holds; undefined for a record that no queue wrote for this id. */
export function readStoredOutcome(facts: unknown, id: string): StoredOutcome | undefined {
  if (!isObject(facts)) return undefined;
  const { order, outcome, response } = facts;
  const isOutcome =
    readStoredRequest(order, id) !== undefined &&
    isStoredOutcome(outcome) &&
    (response === undefined || isStoredResponse(response));
  return isOutcome ? (facts as unknown as StoredOutcome) : undefined;
}

/** Decodes the outcome from the record of a finished job; undefined for a record that no queue wrote for this id. */
export function unpackOutcome(bytes: Buffer, id: string): JobOutcome | undefined {
  const { facts, body } = unpackRecord(bytes);
  const stored = readStoredOutcome(facts, id);
  if (stored === undefined) return undefined;
  const { outcome, response } = stored;
  return { ...outcome, ...(response && { response: { ...response, body } }) };
}

/** Finished job with a retention of `retentionMs`. */
export function finishedJob({ order, outcome }: StoredOutcome, retentionMs: number): Required<Job> {
  const { state, finishedAtMs } = outcome;
  return { request: order, state, outcome, expiresAtMs: finishedAtMs + retentionMs };
}
