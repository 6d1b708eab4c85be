import type { Idempotency } from '../job/job.ts';

/** What one stored record takes of the bounds of a queue. */
export interface Charge {
  readonly owner: string | undefined;
  readonly model: string;
  /** 1 for a job that waits or runs. */
  readonly jobs: number;
  /** 1 for a webhook that waits, or will. */
  readonly webhooks: number;
  readonly bytes: number;
  readonly webhookUrl: string | undefined;
}

/** A file takes whole blocks; without this rule a million empty answers would count as nothing. */
const BLOCK_BYTES = 4096;

/** The charge of a job that waits or runs, whose record has `size` bytes. */
export function pendingCharge(order: ChargedOrder, size: number): Charge {
  const webhooks = order.webhookUrl === undefined ? 0 : 1;
  return { ...chargedTo(order), jobs: 1, webhooks, bytes: recordBytes(order, size) };
}

/** The charge of a job that has ended, whose record with the answer has `size` bytes. */
export function finishedCharge(order: ChargedOrder, size: number): Charge {
  return { ...chargedTo(order), jobs: 0, webhooks: 0, bytes: recordBytes(order, size) };
}

/** The charge of a webhook that waits for its delivery; its bytes are those of the job. */
export function webhookCharge(order: ChargedOrder): Charge {
  return { ...chargedTo(order), jobs: 0, webhooks: 1, bytes: 0 };
}

/** What says to whom a record is charged. */
interface ChargedOrder {
  readonly owner?: string | undefined;
  readonly model: string;
  readonly webhookUrl?: string | undefined;
  readonly idempotency?: Idempotency | undefined;
}

function chargedTo({ owner, model, webhookUrl }: ChargedOrder) {
  return { owner, model, webhookUrl };
}

/** The record of an idempotency key is stored beside that of its job, for as long. */
function recordBytes({ idempotency }: ChargedOrder, size: number): number {
  const blocks = Math.max(1, Math.ceil(size / BLOCK_BYTES)) + (idempotency === undefined ? 0 : 1);
  return blocks * BLOCK_BYTES;
}
