import { JobsError } from '../errors/jobs-error.ts';
import type { JobOutcome } from '../job/job.ts';
import type { JobLease } from '../queue/job-queue.ts';
import { failureReason } from './failure-reason.ts';
import type { JobEvent } from './job-event.ts';
import { holdLease } from './hold-lease.ts';
import type { ModelPauses } from './model-pauses.ts';
import type { JobRun, RunJob } from './run-job.ts';

/** Options of {@link JobExecution}, as those of the runner. */
export interface JobExecutionOptions {
  readonly run: RunJob;
  readonly maxAttempts: number;
  readonly maxResultBytes: number;
  readonly leaseMs: number;
  readonly retryDelayMs: number;
  readonly maxWaitMs: number;
  readonly now: () => number;
  readonly onEvent: (event: JobEvent) => void;
  readonly pauses: ModelPauses;
  /** Interrupts runs: their jobs are returned to the queue. */
  readonly stop: AbortSignal;
}

const MAX_RETRY_DELAY_MS = 60_000;
/** Delay of a job that is run again after its result couldn't be stored. */
const AFTER_QUEUE_FAILURE_MS = 1000;

/** Runs leased jobs, and stores their outcome or returns them to the queue. */
export class JobExecution {
  readonly #options: JobExecutionOptions;

  constructor(options: JobExecutionOptions) {
    this.#options = options;
  }

  /** Runs a leased job once. */
  async execute(lease: JobLease): Promise<void> {
    const { maxAttempts, leaseMs, run, stop, onEvent } = this.#options;
    const { request, attempt } = lease;
    if (attempt > maxAttempts) {
      const reason = `failed after ${maxAttempts} attempts: each ended with its process, or lost its lease`;
      await this.#finish(lease, { state: 'failed', attempts: maxAttempts, reason });
      return;
    }
    const onError = (error: unknown): void => {
      onEvent({ type: 'queue-failed', error });
    };
    const held = holdLease(lease, { leaseMs, stop, onError });
    try {
      const result = await run(request, lease.body, held.signal);
      if (held.isLost) onEvent({ type: 'job-lost', id: request.id, model: request.model });
      else if (held.signal.aborted) await lease.release({ delayMs: 0, counted: false });
      else await this.#settle(lease, result);
    } catch (error) {
      await lease.release({ delayMs: AFTER_QUEUE_FAILURE_MS, counted: true });
      throw error;
    } finally {
      held.release();
    }
  }

  /** Retries a job, or stores its outcome. */
  async #settle(lease: JobLease, run: JobRun): Promise<void> {
    const { maxAttempts, maxWaitMs, retryDelayMs, now, onEvent, pauses } = this.#options;
    const { request, attempt } = lease;
    const { id, model, createdAtMs } = request;
    const { status } = run.response;
    // Not a failure of the job: the model isn't ready, or has no capacity for background work.
    const isUnavailable = status === 503;
    const mayWait = isUnavailable && now() - createdAtMs < maxWaitMs;
    const isRetried = isServerFailure(status) && !isUnavailable && attempt < maxAttempts;
    if (!isUnavailable) pauses.resume(model);
    if (!mayWait && !isRetried) {
      await this.#store(lease, run);
      return;
    }
    const delayMs = mayWait
      ? pauses.pause(model)
      : Math.min(retryDelayMs * 2 ** (attempt - 1), MAX_RETRY_DELAY_MS);
    onEvent({ type: 'job-retried', id, model, attempt, status, delayMs });
    await lease.release({ delayMs, counted: !mayWait });
  }

  /** Stores the response of a job, or the reason why it can't be stored. */
  async #store(lease: JobLease, { response, version }: JobRun): Promise<void> {
    const { maxResultBytes } = this.#options;
    const ran = { attempts: lease.attempt, ...(version !== undefined && { version }) };
    const size = response.body.byteLength;
    if (size > maxResultBytes) {
      const reason = `the response has ${size} bytes, more than the ${maxResultBytes} that are stored (maxResultBytes)`;
      await this.#finish(lease, { ...ran, state: 'failed', reason });
      return;
    }
    const isSuccess = response.status < 400;
    try {
      await this.#finish(lease, {
        ...ran,
        state: isSuccess ? 'succeeded' : 'failed',
        response,
        ...(!isSuccess && { reason: failureReason(response.body) }),
      });
    } catch (error) {
      if (!(error instanceof JobsError)) throw error;
      const reason = `the response of ${size} bytes can't be stored: ${error.message}`;
      await this.#finish(lease, { ...ran, state: 'failed', reason });
    }
  }

  async #finish(lease: JobLease, outcome: Omit<JobOutcome, 'finishedAtMs'>): Promise<void> {
    const { now, onEvent } = this.#options;
    const { id, model, createdAtMs } = lease.request;
    const finishedAtMs = now();
    if (!(await lease.finish({ ...outcome, finishedAtMs }))) {
      onEvent({ type: 'job-lost', id, model });
      return;
    }
    const { state, attempts, reason, response } = outcome;
    onEvent({
      ...{ type: 'job-finished', id, model, state, attempts },
      durationMs: Math.max(0, finishedAtMs - createdAtMs),
      ...(response && { status: response.status }),
      ...(reason !== undefined && { reason }),
    });
  }
}

/** Returns true for a failure that a retry may avoid; 501 stays the same. */
function isServerFailure(status: number): boolean {
  return status >= 500 && status !== 501;
}
