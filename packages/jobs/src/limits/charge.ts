import type { Idempotency } from '../job/job.ts';

/** Share of the limits of a queue that one stored record takes. */
export interface Charge {
  readonly owner: string | undefined;
  readonly model: string;
  /** 1 for a job that waits or runs, else 0. */
  readonly jobs: number;
  /** 1 for a webhook that waits, or a job that will have one, else 0. */
  readonly webhooks: number;
  readonly bytes: number;
  readonly webhookUrl: string | undefined;
}

/** A file takes whole blocks; without this rule a million empty responses would count as 0 bytes. */
const BLOCK_BYTES = 4096;

/** Charge of a job that waits or runs, whose record has `size` bytes. */
export function pendingCharge(request: ChargedRequest, size: number): Charge {
  const webhooks = request.webhookUrl === undefined ? 0 : 1;
  return { ...chargedTo(request), jobs: 1, webhooks, bytes: recordBytes(request, size) };
}

/** Charge of a finished job whose record with the response has `size` bytes. */
export function finishedCharge(request: ChargedRequest, size: number): Charge {
  return { ...chargedTo(request), jobs: 0, webhooks: 0, bytes: recordBytes(request, size) };
}

/** Charge of a webhook that waits for its delivery; its bytes are those of the job. */
export function webhookCharge(request: ChargedRequest): Charge {
  return { ...chargedTo(request), jobs: 0, webhooks: 1, bytes: 0 };
}

/** Part of a request that decides whose limits its record counts for. */
interface ChargedRequest {
  readonly owner?: string | undefined;
  readonly model: string;
  readonly webhookUrl?: string | undefined;
  readonly idempotency?: Idempotency | undefined;
}

function chargedTo({ owner, model, webhookUrl }: ChargedRequest) {
  return { owner, model, webhookUrl };
}

/** The record of an idempotency key is stored beside that of its job, for as long. */
function recordBytes({ idempotency }: ChargedRequest, size: number): number {
  const blocks = Math.max(1, Math.ceil(size / BLOCK_BYTES)) + (idempotency === undefined ? 0 : 1);
  return blocks * BLOCK_BYTES;
}
