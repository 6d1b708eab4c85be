import type { S3Client } from '@aws-sdk/client-s3';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { ServingError } from '../../serving-error.ts';
import { checkLimits } from '../check-limits.ts';
import { finishedJob, packOutcome, unpackOutcome, type FinishedFacts } from '../finished-record.ts';
import { isJobId, orderOf, requireSameRequest } from '../job-identity.ts';
import type { Job, JobOrder, JobOutcome } from '../job.ts';
import type {
  ClaimOptions,
  JobClaim,
  JobDepth,
  JobQueue,
  NewJob,
  NoticeClaim,
} from '../job-queue.ts';
import { packRecord, unpackHead, unpackRecord } from '../packed-record.ts';
import { JobBucket } from './job-bucket.ts';
import { JobMessages, type ReceivedMessage } from './job-messages.ts';

/** Options of {@link sqsJobQueue}. */
export interface SqsJobQueueOptions {
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
   * Jobs that may wait or run, as far as SQS knows how many these are; over it new ones are refused.
   * @defaultValue 10000
   */
  readonly maxJobs?: number;
}

const FIRST_LINE_BYTES = 64 * 1024;
const DEPTH_KNOWN_MS = 1000;
const NOTHING = new Uint8Array();

/**
 * Keeps jobs in SQS and S3, for gateways on several hosts.
 *
 * Requests and answers are objects, ids of jobs that wait are messages. An answer is written only if there is none, so a
 * job ends once, however often SQS delivers its message. Let the queues keep messages for at least as long as jobs may
 * wait, and have no redrive policy: after how many attempts a job is given up is the runner's to say.
 *
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the option and its value.
 */
export function sqsJobQueue(options: SqsJobQueueOptions): JobQueue {
  const { retentionMs = 86_400_000, maxJobs = 10_000 } = options;
  checkLimits({ retentionMs, maxJobs });
  return new SqsJobQueue({ ...options, retentionMs, maxJobs });
}

class SqsJobQueue implements JobQueue {
  readonly #bucket: JobBucket;
  readonly #runs: JobMessages;
  readonly #notices: JobMessages | undefined;
  readonly #retentionMs: number;
  readonly #maxJobs: number;
  #known: { readonly jobs: number; readonly untilMs: number } | undefined;

  constructor({
    sqs,
    s3,
    queueUrl,
    webhookQueueUrl,
    bucket,
    prefix = 'jobs/',
    retentionMs,
    maxJobs,
  }: SqsJobQueueOptions & { readonly retentionMs: number; readonly maxJobs: number }) {
    this.#bucket = new JobBucket(s3, bucket, prefix);
    this.#runs = new JobMessages(sqs, queueUrl);
    this.#notices =
      webhookQueueUrl === undefined ? undefined : new JobMessages(sqs, webhookQueueUrl);
    this.#retentionMs = retentionMs;
    this.#maxJobs = maxJobs;
  }

  async enqueue(asked: NewJob): Promise<Job> {
    if (asked.webhookUrl !== undefined && this.#notices === undefined) {
      const message = 'this queue has no webhookQueueUrl, so it can not take webhooks';
      throw new ServingError('ERR_SERVING_INVALID_OPTION', message);
    }
    const order = orderOf(asked, Date.now());
    const known = await this.#findKnown(order);
    if (known !== undefined) return known;
    await this.#requireRoom();
    const record = packRecord(order, asked.body);
    await this.#bucket.create(`orders/${order.id}`, record);
    if (order.idempotency !== undefined) {
      const key = `keys/${order.idempotency.key}`;
      if (!(await this.#bucket.create(key, packRecord(order, NOTHING)))) {
        await this.#bucket.remove(`orders/${order.id}`);
        // Somebody with the same key was faster; if that one's time is over meanwhile, it is a new job after all.
        return (await this.#findKnown(order)) ?? (await this.enqueue(asked));
      }
    }
    await this.#send(order);
    return { order, state: 'queued' };
  }

  async claim(options: ClaimOptions): Promise<JobClaim | undefined> {
    while (!options.signal.aborted) {
      const message = await this.#runs.receive(options);
      const claim = message && (await this.#openRun(message, options.leaseMs));
      if (claim !== undefined) return claim;
    }
    return undefined;
  }

  async claimNotice(options: ClaimOptions): Promise<NoticeClaim | undefined> {
    while (!options.signal.aborted) {
      const message = await this.#notices?.receive(options);
      if (message === undefined) return undefined;
      const job = await this.#readFinished(message.id);
      if (job !== undefined) {
        return {
          job,
          attempt: message.attempt,
          finish: () => message.remove(),
          release: ({ delayMs }) => message.hide(delayMs),
        };
      }
      await message.remove();
    }
    return undefined;
  }

  async get(id: string): Promise<Job | undefined> {
    const finished = await this.#readFinished(id);
    if (finished !== undefined) return finished;
    const order = await this.#readOrder(id);
    // A job loses its order after it got its end.
    if (order === undefined) return this.#readFinished(id);
    return { order, state: (await this.#bucket.has(`running/${id}`)) ? 'running' : 'queued' };
  }

  async outcome(id: string): Promise<JobOutcome | undefined> {
    if ((await this.#readFinished(id)) === undefined) return undefined;
    const bytes = await this.#bucket.read(`finished/${id}`);
    return bytes && unpackOutcome(bytes);
  }

  async cancel(id: string): Promise<Job | undefined> {
    const job = await this.get(id);
    if (job === undefined || job.outcome !== undefined) return job;
    const outcome = { state: 'canceled', attempts: 0, finishedAtMs: Date.now() } as const;
    // Its message is removed by whoever receives it.
    await this.#bucket.create(`finished/${id}`, packOutcome(job.order, outcome));
    return this.get(id);
  }

  depth(): Promise<JobDepth> {
    return this.#runs.depth();
  }

  async sweep(): Promise<void> {
    const time = Date.now() - this.#retentionMs;
    for await (const id of this.#bucket.olderThan('finished/', time)) {
      const start = await this.#bucket.read(`finished/${id}`, FIRST_LINE_BYTES);
      const key = start && (unpackHead(start) as FinishedFacts).order.idempotency?.key;
      if (key !== undefined) await this.#freeKey(key, id);
      await this.#bucket.remove(`finished/${id}`);
    }
  }

  async #openRun(message: ReceivedMessage, leaseMs: number): Promise<JobClaim | undefined> {
    const { id, attempt } = message;
    const bytes = isJobId(id) ? await this.#bucket.read(`orders/${id}`) : undefined;
    const ended = await this.#readFinished(id);
    if (ended !== undefined || bytes === undefined) {
      // Whoever ended it died before it was done with that, or had lost it to a second run.
      if (ended !== undefined && ended.state !== 'canceled') await this.#announce(ended.order);
      await this.#letGo(message);
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
        if (await this.#bucket.has(`finished/${id}`)) {
          await this.#letGo(message);
          return false;
        }
        await message.hide(leaseMs);
        return true;
      },
      finish: async (outcome) => {
        const ours = await this.#bucket.create(`finished/${id}`, packOutcome(order, outcome));
        if (ours) await this.#announce(order);
        await this.#letGo(message);
        return ours;
      },
      release: async ({ delayMs, counted }) => {
        await this.#bucket.remove(`running/${id}`);
        await (counted ? message.hide(delayMs) : message.sendAgain(delayMs));
      },
    };
  }

  async #announce({ id, webhookUrl }: JobOrder): Promise<void> {
    if (webhookUrl !== undefined) await this.#notices?.send(id);
  }

  async #letGo(message: ReceivedMessage): Promise<void> {
    if (isJobId(message.id)) {
      await this.#bucket.remove(`orders/${message.id}`);
      await this.#bucket.remove(`running/${message.id}`);
      await this.#bucket.remove(`sent/${message.id}`);
    }
    await message.remove();
  }

  async #readOrder(id: string): Promise<JobOrder | undefined> {
    const start = isJobId(id)
      ? await this.#bucket.read(`orders/${id}`, FIRST_LINE_BYTES)
      : undefined;
    return start && (unpackHead(start) as JobOrder);
  }

  async #readFinished(id: string): Promise<Required<Job> | undefined> {
    const start = isJobId(id)
      ? await this.#bucket.read(`finished/${id}`, FIRST_LINE_BYTES)
      : undefined;
    if (start === undefined) return undefined;
    const job = finishedJob(unpackHead(start) as FinishedFacts, this.#retentionMs);
    return job.expiresAtMs > Date.now() ? job : undefined;
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
      await this.#freeKey(key, known.id);
      return undefined;
    }
    requireSameRequest(known, order);
    // It may have been cut off between its key and its message.
    if (job.outcome === undefined && !(await this.#bucket.has(`sent/${known.id}`)))
      await this.#send(known);
    return job;
  }

  /** Sends the message of a job, and notes that of one which may be asked for again. */
  async #send({ id, idempotency }: JobOrder): Promise<void> {
    await this.#runs.send(id);
    if (idempotency !== undefined) await this.#bucket.create(`sent/${id}`, NOTHING);
  }

  async #freeKey(key: string, id: string): Promise<void> {
    const bytes = await this.#bucket.read(`keys/${key}`);
    if (bytes && (unpackHead(bytes) as JobOrder).id === id)
      await this.#bucket.remove(`keys/${key}`);
  }

  async #requireRoom(): Promise<void> {
    if (this.#known === undefined || this.#known.untilMs < performance.now()) {
      const { queued, running } = await this.#runs.depth();
      this.#known = { jobs: queued + running, untilMs: performance.now() + DEPTH_KNOWN_MS };
    }
    const { jobs, untilMs } = this.#known;
    if (jobs >= this.#maxJobs) {
      throw new ServingError(
        'ERR_SERVING_JOBS_FULL',
        `the queue holds ${this.#maxJobs} jobs, as many as it may; try again later`,
      );
    }
    this.#known = { jobs: jobs + 1, untilMs };
  }
}
