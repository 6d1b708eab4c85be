import { isJobId } from '../queue/job-identity.ts';
import type { JobDepth } from '../queue/job-queue.ts';
import type { EntryLeaseOptions, Lease, LeaseQueue } from '../queue/lease-queue.ts';
import type { JobBucket } from './job-bucket.ts';
import type { JobMessages } from './job-messages.ts';

/** Options of {@link SqsLeaseQueue}. */
export interface SqsLeaseQueueOptions {
  readonly messages: JobMessages;
  readonly bucket: JobBucket;
  /** Prefix of the objects that list the entries, since SQS can't. */
  readonly entries: 'sent/' | 'webhooks/';
  /** Prefix of the objects that list the leased entries; without it none are listed. */
  readonly leased?: 'running/';
}

/** Delay of a message that isn't accepted at the moment. */
const NOT_ACCEPTED_MS = 5000;
const NOTHING = new Uint8Array();

/** Entries as messages of SQS, listed by empty objects of a bucket. */
export class SqsLeaseQueue implements LeaseQueue {
  readonly #options: SqsLeaseQueueOptions;

  constructor(options: SqsLeaseQueueOptions) {
    this.#options = options;
  }

  async add(id: string): Promise<void> {
    const { messages, bucket, entries } = this.#options;
    await messages.send(id);
    // Until this is written, a sweep may send a second message.
    await bucket.create(`${entries}${id}`, NOTHING);
  }

  async lease({ leaseMs, signal, accepts }: EntryLeaseOptions): Promise<Lease | undefined> {
    const { messages, bucket, leased } = this.#options;
    for (;;) {
      const message = await messages.receive({ leaseMs, signal });
      if (message === undefined) return undefined;
      const { id, attempt } = message;
      if (!accepts(id)) {
        await message.sendAgain(NOT_ACCEPTED_MS);
        continue;
      }
      if (leased !== undefined) await bucket.create(`${leased}${id}`, NOTHING);
      return {
        ...{ id, attempt },
        extend: async () => {
          await message.hide(leaseMs);
          return true;
        },
        release: async ({ delayMs, counted }) => {
          if (leased !== undefined) await bucket.remove(`${leased}${id}`);
          await (counted ? message.hide(delayMs) : message.sendAgain(delayMs));
        },
        remove: async () => {
          await this.remove(id);
          await message.remove();
        },
      };
    }
  }

  /** Removes the objects; the message is removed by the process that receives it. */
  async remove(id: string): Promise<void> {
    const { bucket, entries, leased } = this.#options;
    await bucket.remove(`${entries}${id}`);
    if (leased !== undefined) await bucket.remove(`${leased}${id}`);
  }

  has(id: string): Promise<boolean> {
    return this.#options.bucket.has(`${this.#options.entries}${id}`);
  }

  async isLeased(id: string): Promise<boolean> {
    const { bucket, leased } = this.#options;
    return leased !== undefined && (await bucket.has(`${leased}${id}`));
  }

  async *ids(): AsyncGenerator<string> {
    const { bucket, entries } = this.#options;
    for await (const { name } of bucket.list(entries)) if (isJobId(name)) yield name;
  }

  depth(): Promise<JobDepth> {
    return this.#options.messages.depth();
  }
}
