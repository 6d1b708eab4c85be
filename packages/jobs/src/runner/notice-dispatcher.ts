import { DeliverySlots, type DeliveryResult, type WebhookSender } from '@fairlead/webhooks';
import { describeJob } from '../job/describe-job.ts';
import type { JobEvent } from './job-event.ts';
import type { JobQueue, NoticeClaim } from '../queue/job-queue.ts';

/** What a dispatcher of webhooks needs. */
export interface NoticeDispatcherOptions {
  readonly queue: Pick<JobQueue, 'claimNotice'>;
  readonly sender: WebhookSender;
  /** Called for each delivery, and for each failure of the queue. */
  readonly onEvent: (event: JobEvent) => void;
}

const LEASE_MS = 60_000;
const NOT_NOW_MS = 1000;

/** Delivers the webhooks of jobs that have ended, many at a time and few to each destination. */
export class NoticeDispatcher {
  readonly #options: NoticeDispatcherOptions;
  readonly #slots: DeliverySlots;
  readonly #deliveries = new Set<Promise<void>>();

  constructor(options: NoticeDispatcherOptions) {
    this.#options = options;
    this.#slots = new DeliverySlots({
      pauseAfter: (failures) => options.sender.pauseAfter(failures),
    });
  }

  /** Waits for a webhook that may be delivered, and begins its delivery. */
  async next(signal: AbortSignal): Promise<void> {
    const { queue, onEvent } = this.#options;
    const { accepts, onFreed } = this.#slots;
    const claim = await queue.claimNotice({ leaseMs: LEASE_MS, signal, accepts, onFreed });
    if (claim === undefined) return;
    const { order } = claim.job;
    if (!accepts(order)) {
      // The queue didn't know its destination when it was claimed.
      await claim.release({ delayMs: NOT_NOW_MS, counted: false });
      return;
    }
    const free = this.#slots.take(order);
    const delivery = this.#deliver(claim, free).catch((error: unknown) => {
      onEvent({ type: 'queue-failed', error });
    });
    this.#deliveries.add(delivery);
    void delivery.finally(() => this.#deliveries.delete(delivery));
  }

  /** Waits for the deliveries that have begun. */
  async close(): Promise<void> {
    await Promise.all(this.#deliveries);
  }

  async #deliver(claim: NoticeClaim, free: (isUnreachable: boolean) => void): Promise<void> {
    const { sender, onEvent } = this.#options;
    const { job, attempt } = claim;
    const { id, webhookUrl = '' } = job.order;
    let result: DeliveryResult | undefined;
    try {
      result = await sender.attempt(webhookUrl, id, noticeOf(claim));
    } finally {
      free(result?.isUnreachable === true);
    }
    const { reason } = result;
    if (reason === undefined) {
      await claim.finish();
      onEvent({ type: 'webhook-delivered', id, attempt });
    } else if (attempt >= sender.maxAttempts) {
      await claim.finish();
      onEvent({ type: 'webhook-given-up', id, attempt, reason });
    } else {
      await claim.release({ delayMs: sender.delayAfter(attempt) });
      onEvent({ type: 'webhook-retried', id, attempt, reason });
    }
  }
}

function noticeOf({ job }: NoticeClaim): string {
  const timestamp = new Date(job.outcome?.finishedAtMs ?? 0).toISOString();
  return JSON.stringify({ type: `job.${job.state}`, timestamp, data: describeJob(job) });
}
