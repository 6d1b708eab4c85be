import type { S3Client } from '@aws-sdk/client-s3';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { JobsError } from '../errors/jobs-error.ts';
import { finishedCharge, pendingCharge, webhookCharge } from '../limits/charge.ts';
import { JobLedger } from '../limits/job-ledger.ts';
import { resolveJobLimits, type JobLimits } from '../limits/job-limits.ts';
import { checkIntegers } from '../errors/check-integers.ts';
import { packOutcome, unpackOutcome } from '../queue/finished-record.ts';
import { isJobId, orderOf, requireSameRequest } from '../queue/job-identity.ts';
import { describeJob } from '../job/describe-job.ts';
import type { Job, JobOrder, JobOutcome } from '../job/job.ts';
import type {
  ClaimOptions,
  JobClaim,
  JobDepth,
  JobQueue,
  NewJob,
  NoticeClaim,
  NoticeClaimOptions,
  PlannedJob,
} from '../queue/job-queue.ts';
import { packRecord, unpackHead, unpackRecord } from '../queue/packed-record.ts';
import { JobBucket } from './job-bucket.ts';
import { JobMessages, type ReceivedMessage } from './job-messages.ts';
import { JobObjects } from './job-objects.ts';

/** Options of {@link sqsJobQueue}. */
export interface SqsJobQueueOptions extends JobLimits {
  /** A client of SQS, with region and credentials. */
  readonly sqs: SQSClient;
  /** A client of S3, with region and credentials. */
  readonly s3: S3Client;
  /** A standard queue, of jobs to run. */
  readonly queueUrl: string;
  /** A second standard queue, of webhooks to deliver; without it jobs with one are refused. */
  readonly webhookQueueUrl?: string;
  /** Where requests and answers are kept. */
  readonly bucket: string;
  /**
   * Below which prefix of the bucket.
   * @defaultValue "jobs/"
   */
  readonly prefix?: string;
  /**
   * How long a job that has ended can be asked about, in milliseconds.
   * @defaultValue 86400000 (a day)
   */
  readonly retentionMs?: number;
  /**
   * Jobs that may wait or run; over it new ones are refused.
   * @defaultValue 10000
   */
  readonly maxJobs?: number;
  /**
   * Bytes that requests and stored answers may take; over it new jobs are refused, and a job whose answer has no room fails.
   * @defaultValue 10737418240 (10 GiB)
   */
  readonly maxBytes?: number;
}

const COUNT_INTERVAL_MS = 1000;
// How long a message that isn't accepted at the moment goes back into the queue.
const MODEL_PAUSE_MS = 5000;
const DESTINATION_PAUSE_MS = 5000;
/** After this time an order without a sent message was cut off by a crash. */
const CUT_OFF_MS = 600_000;
// Of SQS: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
const MAX_MESSAGE_AGE_MS = 14 * 86_400_000;
const NOTHING = new Uint8Array();

/**
 * Keeps jobs in SQS and S3, for gateways on several hosts.
 *
 * Requests and answers are objects, ids of jobs that wait are messages. An answer is written only if there is none, so a
 * job ends once, however often SQS delivers its message. Let the queues keep messages for at least as long as jobs may
 * wait, and have no redrive policy: after how many attempts a job is given up is the runner's to say.
 *
 * @throws JobsError `ERR_JOBS_INVALID_OPTION` naming the option and its value.
 */
export function sqsJobQueue(options: SqsJobQueueOptions): JobQueue {
  const { retentionMs = 86_400_000 } = options;
  checkIntegers({ retentionMs });
  const limits = resolveJobLimits(options, { maxJobs: 10_000, maxBytes: 10 * 1024 ** 3 });
  return new SqsJobQueue({ ...options, retentionMs }, limits);
}

class SqsJobQueue implements JobQueue {
  readonly #bucket: JobBucket;
  readonly #objects: JobObjects;
  readonly #ledger: JobLedger;
  readonly #runs: JobMessages;
  readonly #notices: JobMessages | undefined;
  readonly #retentionMs: number;

  constructor(
    options: SqsJobQueueOptions & { readonly retentionMs: number },
    limits: Required<JobLimits>,
  ) {
    const { sqs, s3, queueUrl, webhookQueueUrl, bucket, prefix = 'jobs/', retentionMs } = options;
    this.#bucket = new JobBucket(s3, bucket, prefix);
    this.#objects = new JobObjects(this.#bucket, retentionMs);
    this.#ledger = new JobLedger(this.#objects, limits, COUNT_INTERVAL_MS);
    this.#runs = new JobMessages(sqs, queueUrl);
    this.#notices =
      webhookQueueUrl === undefined ? undefined : new JobMessages(sqs, webhookQueueUrl);
    this.#retentionMs = retentionMs;
  }

  async requireRoom({ owner, model, webhookUrl }: PlannedJob): Promise<void> {
    await this.#ledger.refresh();
    this.#ledger.requireRoom(pendingCharge({ owner, model, webhookUrl }, 0));
  }

  async enqueue(asked: NewJob): Promise<Job> {
    if (asked.webhookUrl !== undefined && this.#notices === undefined) {
      const message = 'this queue has no webhookQueueUrl, so it can not take webhooks';
      throw new JobsError('ERR_JOBS_INVALID_OPTION', message);
    }
    const order = orderOf(asked, Date.now());
    const known = await this.#findKnown(order);
    if (known !== undefined) return known;
    const record = packRecord(order, asked.body);
    await this.#ledger.refresh();
    this.#ledger.reserve('pending', order.id, pendingCharge(order, record.length));
    let isKnown = false;
    try {
      await this.#bucket.create(`orders/${order.id}`, record);
      if (order.idempotency !== undefined) {
        const key = `keys/${order.idempotency.key}`;
        if (!(await this.#bucket.create(key, packRecord(order, NOTHING)))) {
          await this.#removeOrder(order.id);
          // A request with the same key was faster; if the time of its job is over by now, this is a new job after all.
          return (await this.#findKnown(order)) ?? (await this.enqueue(asked));
        }
        isKnown = true;
      }
      await this.#send(order.id);
      this.#ledger.settle('pending', order.id);
      return { order, state: 'queued' };
    } catch (error) {
      // A repeated request may have been answered with this job already; then it is left to be sent again.
      if (isKnown) this.#ledger.settle('pending', order.id);
      else await this.#removeOrder(order.id).catch(() => undefined);
      throw error;
    }
  }

  async claim(options: ClaimOptions): Promise<JobClaim | undefined> {
    const { leaseMs, signal, accepts } = options;
    while (!signal.aborted) {
      const message = await this.#runs.receive({ leaseMs, signal });
      if (message === undefined) continue;
      const { id } = message;
      const known = this.#ledger.find('pending', id) ?? (await this.#objects.readOrder(id));
      if (known !== undefined && accepts?.(known.model) === false) {
        await message.sendAgain(MODEL_PAUSE_MS);
        continue;
      }
      const claim = await this.#openRun(message, leaseMs);
      if (claim !== undefined) return claim;
    }
    return undefined;
  }

  async claimNotice(options: NoticeClaimOptions): Promise<NoticeClaim | undefined> {
    const { leaseMs, signal, accepts } = options;
    while (!signal.aborted) {
      const message = await this.#notices?.receive({ leaseMs, signal });
      if (message === undefined) return undefined;
      const { id, attempt } = message;
      const job = await this.#objects.readFinished(id);
      const done = async (): Promise<void> => {
        await message.remove();
        if (isJobId(id)) await this.#removeWebhook(id);
      };
      if (job === undefined) await done();
      else if (accepts?.(job.order) === false) await message.sendAgain(DESTINATION_PAUSE_MS);
      else {
        return {
          job,
          attempt,
          finish: done,
          release: ({ delayMs, counted = true }) =>
            counted ? message.hide(delayMs) : message.sendAgain(delayMs),
        };
      }
    }
    return undefined;
  }

  async get(id: string): Promise<Job | undefined> {
    const finished = await this.#objects.readFinished(id);
    if (finished !== undefined) return finished;
    const order = await this.#objects.readOrder(id);
    // A job loses its order after it got its end.
    if (order === undefined) return this.#objects.readFinished(id);
    return { order, state: (await this.#bucket.has(`running/${id}`)) ? 'running' : 'queued' };
  }

  describe(job: Job): object {
    return describeJob(job);
  }

  async outcome(id: string): Promise<JobOutcome | undefined> {
    if ((await this.#objects.readFinished(id)) === undefined) return undefined;
    const bytes = await this.#bucket.read(`finished/${id}`);
    return bytes && unpackOutcome(bytes);
  }

  async cancel(id: string): Promise<Job | undefined> {
    const job = await this.get(id);
    if (job === undefined || job.outcome !== undefined) return job;
    const outcome = { state: 'canceled', attempts: 0, finishedAtMs: Date.now() } as const;
    // Its message is removed by the process that receives it.
    if (await this.#end(job.order, outcome)) await this.#removeOrder(id);
    return this.get(id);
  }

  async remove(id: string): Promise<boolean> {
    if ((await this.#objects.readFinished(id)) === undefined) return false;
    // What a crash left of it goes first: without its end it would run again.
    await this.#removeOrder(id);
    await this.#forget(id);
    return true;
  }

  depth(): Promise<JobDepth> {
    return this.#runs.depth();
  }

  async sweep(): Promise<void> {
    const time = Date.now() - this.#retentionMs;
    for await (const { name, timeMs } of this.#bucket.list('finished/')) {
      if (timeMs < time && isJobId(name)) await this.#forget(name);
    }
    await this.#mendOrders();
    await this.#ledger.recount();
  }

  async #openRun(message: ReceivedMessage, leaseMs: number): Promise<JobClaim | undefined> {
    const { id, attempt } = message;
    const bytes = isJobId(id) ? await this.#bucket.read(`orders/${id}`) : undefined;
    const ended = await this.#objects.readFinished(id);
    if (ended !== undefined || bytes === undefined) {
      // The process that ended it died before it was done with that, or had lost it to a second run.
      if (ended !== undefined && ended.state !== 'canceled') await this.#announce(ended.order);
      await this.#acknowledge(message);
      return undefined;
    }
    const { facts, body } = unpackRecord(bytes);
    const order = facts as JobOrder;
    await this.#bucket.create(`running/${id}`, NOTHING);
    return {
      order,
      body,
      attempt,
      extend: async () => {
        if (!(await this.#bucket.has(`orders/${id}`))) {
          await this.#acknowledge(message);
          return false;
        }
        await message.hide(leaseMs);
        return true;
      },
      finish: async (outcome) => {
        const ours = await this.#end(order, outcome);
        if (ours) await this.#announce(order);
        await this.#acknowledge(message);
        return ours;
      },
      release: async ({ delayMs, counted }) => {
        await this.#bucket.remove(`running/${id}`);
        await (counted ? message.hide(delayMs) : message.sendAgain(delayMs));
      },
    };
  }

  /** Gives a job its end, unless it has one. */
  async #end(order: JobOrder, outcome: JobOutcome): Promise<boolean> {
    const { id } = order;
    // Canceled, or ended by another process and perhaps deleted since.
    if (!(await this.#bucket.has(`orders/${id}`))) return false;
    const record = packOutcome(order, outcome);
    const charge = finishedCharge(order, record.length);
    // How a job ended is stored in any case; its answer where there is room.
    if (outcome.response === undefined) this.#ledger.add('finished', id, charge);
    else this.#ledger.reserve('finished', id, charge, this.#ledger.find('pending', id));
    let ours = false;
    try {
      ours = await this.#bucket.create(`finished/${id}`, record);
    } finally {
      if (ours) this.#ledger.settle('finished', id);
      else this.#ledger.remove('finished', id);
    }
    return ours;
  }

  async #announce(order: JobOrder): Promise<void> {
    const { id, webhookUrl } = order;
    if (webhookUrl === undefined || this.#notices === undefined) return;
    // For the bounds alone; the message is what is delivered.
    await this.#bucket.create(`webhooks/${id}`, NOTHING);
    this.#ledger.add('webhook', id, webhookCharge(order));
    await this.#notices.send(id);
  }

  async #acknowledge(message: ReceivedMessage): Promise<void> {
    if (isJobId(message.id)) await this.#removeOrder(message.id);
    await message.remove();
  }

  async #removeOrder(id: string): Promise<void> {
    await this.#ledger.removeWith('pending', id, () => this.#objects.removeOrder(id));
  }

  async #removeWebhook(id: string): Promise<void> {
    await this.#bucket.remove(`webhooks/${id}`);
    this.#ledger.remove('webhook', id);
  }

  async #forget(id: string): Promise<void> {
    await this.#objects.forget(id);
    this.#ledger.remove('finished', id);
    await this.#removeWebhook(id);
  }

  /** The job that the same key made before. */
  async #findKnown(order: JobOrder): Promise<Job | undefined> {
    if (order.idempotency === undefined) return undefined;
    const { key } = order.idempotency;
    const bytes = await this.#bucket.read(`keys/${key}`);
    if (bytes === undefined) return undefined;
    const known = unpackHead(bytes) as JobOrder;
    const job = await this.get(known.id);
    if (job === undefined) {
      // Its time is over, and the key is free again.
      await this.#objects.freeKey(key, known.id);
      return undefined;
    }
    requireSameRequest(known, order);
    // It may have been cut off between its key and its message.
    if (job.outcome === undefined && !(await this.#bucket.has(`sent/${known.id}`)))
      await this.#send(known.id);
    return job;
  }

  /** Sends the message of a job, and notes that: without the note a sweep sends it again. */
  async #send(id: string): Promise<void> {
    await this.#runs.send(id);
    await this.#bucket.create(`sent/${id}`, NOTHING);
  }

  /** Orders whose process died before it sent the message get one; those whose message is lost end. */
  async #mendOrders(): Promise<void> {
    const now = Date.now();
    const old: { readonly name: string; readonly timeMs: number }[] = [];
    for await (const each of this.#bucket.list('orders/')) {
      if (each.timeMs < now - CUT_OFF_MS && isJobId(each.name)) old.push(each);
    }
    if (old.length === 0) return;
    const sent = new Set<string>();
    for await (const { name } of this.#bucket.list('sent/')) sent.add(name);
    for (const { name: id, timeMs } of old) {
      if (timeMs < now - MAX_MESSAGE_AGE_MS) await this.#endLost(id);
      else if (!sent.has(id)) await this.#send(id);
    }
  }

  async #endLost(id: string): Promise<void> {
    const order = await this.#objects.readOrder(id);
    if (order === undefined) return;
    const reason = 'its message was lost: SQS keeps none for longer than 14 days';
    const outcome = { state: 'failed', attempts: 0, finishedAtMs: Date.now(), reason } as const;
    if (await this.#end(order, outcome)) await this.#announce(order);
    await this.#removeOrder(id);
  }
}
