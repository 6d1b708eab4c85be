import { DeliverySlots, type DeliveryResult, type WebhookSender } from '@fairlead/webhooks';
import type { JobQueue, WebhookLease } from '../queue/job-queue.ts';
import type { JobEvent } from './job-event.ts';

/** Options of {@link WebhookDispatcher}. */
export interface WebhookDispatcherOptions {
  readonly queue: Pick<JobQueue, 'leaseWebhook' | 'describe'>;
  readonly sender: WebhookSender;
  /** Called for each delivery, and for each failure of the storage. */
  readonly onEvent: (event: JobEvent) => void;
}

const LEASE_MS = 60_000;

/** Delivers the webhooks of finished jobs, many concurrently and few to each destination. */
export class WebhookDispatcher {
  readonly #options: WebhookDispatcherOptions;
  readonly #slots: DeliverySlots;
  readonly #deliveries = new Set<Promise<void>>();

  constructor(options: WebhookDispatcherOptions) {
    this.#options = options;
    this.#slots = new DeliverySlots({
      pauseAfter: (failures) => options.sender.pauseAfter(failures),
    });
  }

  /** Waits for a webhook that may be delivered, and starts its delivery. */
  async dispatchNext(signal: AbortSignal): Promise<void> {
    const { queue, onEvent } = this.#options;
    const { accepts, onFreed } = this.#slots;
    const lease = await queue.leaseWebhook({ leaseMs: LEASE_MS, signal, accepts, onFreed });
    if (lease === undefined) return;
    const free = this.#slots.take(lease.job.request);
    const delivery = this.#deliver(lease, free).catch((error: unknown) => {
      onEvent({ type: 'queue-failed', error });
    });
    this.#deliveries.add(delivery);
    void delivery.finally(() => this.#deliveries.delete(delivery));
  }

  /** Waits for the deliveries that have started. */
  async close(): Promise<void> {
    await Promise.all(this.#deliveries);
  }

  async #deliver(lease: WebhookLease, free: (isUnreachable: boolean) => void): Promise<void> {
    const { sender, onEvent } = this.#options;
    const { job, attempt } = lease;
    const { id, webhookUrl = '' } = job.request;
    let result: DeliveryResult | undefined;
    try {
      result = await sender.attempt(webhookUrl, id, this.#bodyOf(lease));
    } finally {
      free(result?.isUnreachable === true);
    }
    const { reason } = result;
    if (reason === undefined) {
      await lease.finish();
      onEvent({ type: 'webhook-delivered', id, attempt });
    } else if (attempt >= sender.maxAttempts) {
      await lease.finish();
      onEvent({ type: 'webhook-abandoned', id, attempt, reason });
    } else {
      await lease.release({ delayMs: sender.delayAfter(attempt) });
      onEvent({ type: 'webhook-retried', id, attempt, reason });
    }
  }

  #bodyOf({ job }: WebhookLease): string {
    const timestamp = new Date(job.outcome?.finishedAtMs ?? 0).toISOString();
    const data = this.#options.queue.describe(job);
    return JSON.stringify({ type: `job.${job.state}`, timestamp, data });
  }
}
