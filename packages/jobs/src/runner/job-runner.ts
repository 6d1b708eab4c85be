import { setTimeout as sleep } from 'node:timers/promises';
import type { WebhookSender } from '@fairlead/webhooks';
import { checkIntegers } from '../errors/check-integers.ts';
import type { JobEvent } from './job-event.ts';
import type { JobOutcome } from '../job/job.ts';
import type { JobClaim, JobQueue } from '../queue/job-queue.ts';
import { failureReason } from './failure-reason.ts';
import { JobsError } from '../errors/jobs-error.ts';
import { ModelPauses } from './model-pauses.ts';
import type { JobRun, RunJob } from './run-job.ts';
import { NoticeDispatcher } from './notice-dispatcher.ts';

/** Options of a {@link JobRunner}. */
export interface JobRunnerOptions {
  readonly queue: JobQueue;
  /** Runs a job once, such as {@link replayInference} makes. */
  readonly run: RunJob;
  /** Tells clients that their jobs have ended. */
  readonly webhooks?: WebhookSender;
  /**
   * Jobs that run at a time; few, because an execution that has begun isn't interrupted for a more urgent request.
   * @defaultValue 1
   */
  readonly concurrency?: number;
  /**
   * Runs of a job that failed by the server's fault, or ended with its process, before it is given up.
   * @defaultValue 3
   */
  readonly maxAttempts?: number;
  /**
   * Answers that are larger aren't kept: the job fails, in bytes.
   * @defaultValue 67108864 (64 MiB)
   */
  readonly maxResultBytes?: number;
  /**
   * After how long a job whose process died is run by another, in milliseconds.
   * @defaultValue 15000
   */
  readonly leaseMs?: number;
  /**
   * Pause before a job that failed is run again, in milliseconds; doubles with each attempt.
   * @defaultValue 1000
   */
  readonly retryDelayMs?: number;
  /**
   * How long a job may wait for a model that isn't ready or is overloaded, in milliseconds from its acceptance.
   * @defaultValue 86400000 (a day)
   */
  readonly maxWaitMs?: number;
  /**
   * How often what was kept for its time is forgotten, in milliseconds.
   * @defaultValue 60000
   */
  readonly sweepIntervalMs?: number;
  /** Told of jobs that end, are tried again, and of webhooks. */
  readonly onEvent?: (event: JobEvent) => void;
}

const MAX_RETRY_DELAY_MS = 60_000;
const AFTER_QUEUE_FAILURE_MS = 1000;

/** Takes jobs from a queue and runs them, a few at a time, until it is closed. */
export class JobRunner {
  readonly #options: Required<Omit<JobRunnerOptions, 'webhooks'>>;
  readonly #webhooks: NoticeDispatcher | undefined;
  readonly #pauses: ModelPauses;
  readonly #stop = new AbortController();
  readonly #giveBack = new AbortController();
  #loops: readonly Promise<void>[] | undefined;

  /** @throws JobsError `ERR_JOBS_INVALID_OPTION` naming the option and its value. */
  constructor({ webhooks, ...options }: JobRunnerOptions) {
    const { queue, run, onEvent = () => undefined, ...given } = options;
    const limits = {
      concurrency: 1,
      maxAttempts: 3,
      maxResultBytes: 64 * 1024 * 1024,
      leaseMs: 15_000,
      retryDelayMs: 1000,
      maxWaitMs: 86_400_000,
      sweepIntervalMs: 60_000,
      ...given,
    };
    checkIntegers(limits);
    this.#options = { queue, run, onEvent, ...limits };
    this.#pauses = new ModelPauses(limits.retryDelayMs);
    this.#webhooks =
      webhooks === undefined
        ? undefined
        : new NoticeDispatcher({ queue, sender: webhooks, onEvent });
  }

  /** Begins to take jobs; call it once the models are loaded. */
  start(): void {
    const { queue, concurrency, leaseMs } = this.#options;
    const { signal } = this.#stop;
    const { accepts } = this.#pauses;
    const webhooks = this.#webhooks;
    this.#loops ??= [
      ...Array.from({ length: concurrency }, () =>
        this.#loop(async () => {
          const claim = await queue.claim({ leaseMs, signal, accepts });
          if (claim !== undefined) await this.#handle(claim);
        }),
      ),
      ...(webhooks === undefined ? [] : [this.#loop(() => webhooks.next(signal))]),
      this.#loop(async () => {
        await sleep(this.#options.sweepIntervalMs, undefined, { signal }).catch(() => undefined);
        if (!signal.aborted) await queue.sweep();
      }),
    ];
  }

  /** Takes no more jobs, and gives those that still run after `graceMs` back to the queue. */
  async close({ graceMs = 8000 }: { readonly graceMs?: number } = {}): Promise<void> {
    this.#stop.abort();
    const timer = setTimeout(() => {
      this.#giveBack.abort();
    }, graceMs);
    await Promise.all(this.#loops ?? []);
    await this.#webhooks?.close();
    clearTimeout(timer);
  }

  async #loop(step: () => Promise<void>): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await step();
      } catch (error) {
        this.#options.onEvent({ type: 'queue-failed', error });
        await sleep(AFTER_QUEUE_FAILURE_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #handle(claim: JobClaim): Promise<void> {
    const { maxAttempts, run } = this.#options;
    const { order, attempt } = claim;
    if (attempt > maxAttempts) {
      const reason = `given up after ${maxAttempts} attempts: each ended with its process, or lost its lease`;
      await this.#end(claim, { state: 'failed', attempts: maxAttempts, reason });
      return;
    }
    const lease = this.#holdLease(claim);
    try {
      const ran = await run(order, claim.body, lease.signal);
      if (lease.lost) this.#tell({ type: 'job-lost', id: order.id, model: order.model });
      else if (lease.signal.aborted) await claim.release({ delayMs: 0, counted: false });
      else await this.#settle(claim, ran);
    } catch (error) {
      await claim.release({ delayMs: AFTER_QUEUE_FAILURE_MS, counted: true });
      throw error;
    } finally {
      lease.release();
    }
  }

  /** Extends the lease for as long as the job runs. */
  #holdLease(claim: JobClaim): {
    readonly signal: AbortSignal;
    readonly lost: boolean;
    release(): void;
  } {
    const controller = new AbortController();
    const { signal: giveBack } = this.#giveBack;
    const abort = (): void => {
      controller.abort();
    };
    let lost = false;
    let extending = false;
    if (giveBack.aborted) abort();
    giveBack.addEventListener('abort', abort);
    const timer = setInterval(() => {
      if (extending) return;
      extending = true;
      claim
        .extend()
        .then(
          (held) => {
            if (held) return;
            lost = true;
            abort();
          },
          // It may be held all the same; another process has it if it isn't, and one of both ends it.
          (error: unknown) => {
            this.#tell({ type: 'queue-failed', error });
          },
        )
        .finally(() => {
          extending = false;
        });
    }, this.#options.leaseMs / 3);
    return {
      signal: controller.signal,
      get lost() {
        return lost;
      },
      release: () => {
        clearInterval(timer);
        giveBack.removeEventListener('abort', abort);
      },
    };
  }

  async #settle(claim: JobClaim, { response, version }: JobRun): Promise<void> {
    const { maxAttempts, maxResultBytes, maxWaitMs, retryDelayMs } = this.#options;
    const { order, attempt } = claim;
    const { status } = response;
    // Not the job's fault: the model isn't ready, or has no room for what no client waits for.
    const isAway = status === 503;
    const isEarly = isAway && Date.now() - order.createdAtMs < maxWaitMs;
    const isWorthAnotherTry = isServersFault(status) && !isAway && attempt < maxAttempts;
    if (!isAway) this.#pauses.resume(order.model);
    if (isEarly || isWorthAnotherTry) {
      const delayMs = isEarly
        ? this.#pauses.pause(order.model)
        : Math.min(retryDelayMs * 2 ** (attempt - 1), MAX_RETRY_DELAY_MS);
      this.#tell({
        type: 'job-retried',
        id: order.id,
        model: order.model,
        attempt,
        status,
        delayMs,
      });
      await claim.release({ delayMs, counted: !isEarly });
      return;
    }
    const ran = { attempts: attempt, ...(version !== undefined && { version }) };
    const size = response.body.byteLength;
    if (size > maxResultBytes) {
      const reason = `the answer has ${size} bytes, more than the ${maxResultBytes} that are stored (maxResultBytes)`;
      await this.#end(claim, { ...ran, state: 'failed', reason });
      return;
    }
    const isAnswer = status < 400;
    try {
      await this.#end(claim, {
        ...ran,
        state: isAnswer ? 'succeeded' : 'failed',
        response,
        ...(!isAnswer && { reason: failureReason(response.body) }),
      });
    } catch (error) {
      if (!(error instanceof JobsError)) throw error;
      const reason = `the answer of ${size} bytes has no room: ${error.message}`;
      await this.#end(claim, { ...ran, state: 'failed', reason });
    }
  }

  async #end(claim: JobClaim, ended: Omit<JobOutcome, 'finishedAtMs'>): Promise<void> {
    const { id, model, createdAtMs } = claim.order;
    const finishedAtMs = Date.now();
    if (!(await claim.finish({ ...ended, finishedAtMs }))) {
      this.#tell({ type: 'job-lost', id, model });
      return;
    }
    const { state, attempts, reason, response } = ended;
    this.#tell({
      type: 'job-finished',
      id,
      model,
      state,
      attempts,
      durationMs: Math.max(0, finishedAtMs - createdAtMs),
      ...(response && { status: response.status }),
      ...(reason !== undefined && { reason }),
    });
  }

  #tell(event: JobEvent): void {
    this.#options.onEvent(event);
  }
}

/** 501 stays as it is, however often it is asked for. */
function isServersFault(status: number): boolean {
  return status >= 500 && status !== 501;
}
