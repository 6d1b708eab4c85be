import { setTimeout as sleep } from 'node:timers/promises';
import type { WebhookSender } from '@fairlead/webhooks';
import { checkIntegers } from '../errors/check-integers.ts';
import { checkFunction, checkMethods, checkOptions } from '../errors/check-options.ts';
import type { JobQueue } from '../queue/job-queue.ts';
import { JobExecution } from './job-execution.ts';
import type { JobEvent } from './job-event.ts';
import { ModelPauses } from './model-pauses.ts';
import type { RunJob } from './run-job.ts';
import { WebhookDispatcher } from './webhook-dispatcher.ts';

/** Options of a {@link JobRunner}. */
export interface JobRunnerOptions {
  readonly queue: JobQueue;
  /** Runs a job once; `replayInference` of `@fairlead/serving` returns such a function. */
  readonly run: RunJob;
  /**
   * Delivers the webhooks of finished jobs.
   * @defaultValue none: webhooks wait in the queue
   */
  readonly webhooks?: WebhookSender;
  /**
   * Concurrent jobs; few, because a running execution isn't interrupted for a more urgent request.
   * @defaultValue 1
   */
  readonly concurrency?: number;
  /**
   * Runs of a job that ended with a failure of the server, or with its process, before the job fails.
   * @defaultValue 3
   */
  readonly maxAttempts?: number;
  /**
   * Maximum size of a response in bytes; a job with a larger one fails.
   * @defaultValue 67108864 (64 MiB)
   */
  readonly maxResultBytes?: number;
  /**
   * Time after which a job of a process that died is run by another process, in milliseconds.
   * @defaultValue 15000
   */
  readonly leaseMs?: number;
  /**
   * Delay before a failed job is run again, in milliseconds; doubles with each attempt.
   * @defaultValue 1000
   */
  readonly retryDelayMs?: number;
  /**
   * Time that a job may wait for a model that isn't ready or is overloaded, in milliseconds since its acceptance.
   * @defaultValue 86400000 (a day)
   */
  readonly maxWaitMs?: number;
  /**
   * Time between two sweeps of the queue, in milliseconds.
   * @defaultValue 60000
   */
  readonly sweepIntervalMs?: number;
  /**
   * Clock in milliseconds since the epoch.
   * @defaultValue `Date.now`
   */
  readonly now?: () => number;
  /** Called for each finished or retried job, each delivery of a webhook, and each failure of the storage. */
  readonly onEvent?: (event: JobEvent) => void;
}

const optionNames = {
  queue: 'required',
  run: 'required',
  webhooks: 'optional',
  concurrency: 'optional',
  maxAttempts: 'optional',
  maxResultBytes: 'optional',
  leaseMs: 'optional',
  retryDelayMs: 'optional',
  maxWaitMs: 'optional',
  sweepIntervalMs: 'optional',
  now: 'optional',
  onEvent: 'optional',
} as const;
/** Delay after a failure of the storage. */
const AFTER_QUEUE_FAILURE_MS = 1000;

/**
 * Leases jobs from a queue and runs them, a few at a time, until it is closed.
 *
 * @example
 * ```ts
 * import { mkdtempSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * import { JobRunner } from '@fairlead/jobs';
 * import { folderJobQueue } from '@fairlead/jobs/folder';
 *
 * const queue = await folderJobQueue(mkdtempSync(`${tmpdir()}/jobs-`));
 * const { request } = await queue.enqueue({ path: '/', headers: {}, model: 'm', body: Buffer.from('x') });
 * const finished = Promise.withResolvers<void>();
 * const runner = new JobRunner({
 *   queue,
 *   run: async (_request, body) => ({ response: { status: 200, headers: {}, body } }),
 *   onEvent: ({ type }) => type === 'job-finished' && finished.resolve(),
 * });
 * runner.start();
 * await finished.promise;
 * console.log(String((await queue.outcome(request.id))?.response?.body)); // x
 * await runner.close();
 * ```
 */
export class JobRunner {
  readonly #options: Required<Omit<JobRunnerOptions, 'webhooks'>>;
  readonly #webhooks: WebhookDispatcher | undefined;
  readonly #pauses: ModelPauses;
  readonly #execution: JobExecution;
  readonly #stop = new AbortController();
  readonly #interrupt = new AbortController();
  #loops: readonly Promise<void>[] | undefined;

  /** @throws JobsError `ERR_JOBS_INVALID_OPTION` naming the option and its value. */
  constructor(given: JobRunnerOptions) {
    const { webhooks, ...options } = checkOptions('new JobRunner', given, optionNames);
    const { queue, run, onEvent = () => undefined, now = Date.now, ...limitsGiven } = options;
    checkMethods('queue', queue, ['leaseJob', 'sweep', ...(webhooks ? ['leaseWebhook'] : [])]);
    if (webhooks) checkMethods('webhooks', webhooks, ['attempt', 'delayAfter', 'pauseAfter']);
    for (const [name, value] of Object.entries({ run, onEvent, now })) checkFunction(name, value);
    const limits = {
      concurrency: 1,
      maxAttempts: 3,
      maxResultBytes: 64 * 1024 * 1024,
      leaseMs: 15_000,
      retryDelayMs: 1000,
      maxWaitMs: 86_400_000,
      sweepIntervalMs: 60_000,
      ...limitsGiven,
    };
    checkIntegers(limits);
    this.#options = { queue, run, onEvent, now, ...limits };
    this.#pauses = new ModelPauses(limits.retryDelayMs);
    const [pauses, stop] = [this.#pauses, this.#interrupt.signal];
    this.#execution = new JobExecution({ ...this.#options, pauses, stop });
    this.#webhooks = webhooks && new WebhookDispatcher({ queue, sender: webhooks, onEvent });
  }

  /** Starts to lease jobs; call it once the models are loaded. */
  start(): void {
    const { queue, concurrency, leaseMs, sweepIntervalMs } = this.#options;
    const { signal } = this.#stop;
    const { accepts } = this.#pauses;
    const webhooks = this.#webhooks;
    this.#loops ??= [
      ...Array.from({ length: concurrency }, () =>
        this.#loop(async () => {
          const lease = await queue.leaseJob({ leaseMs, signal, accepts });
          if (lease !== undefined) await this.#execution.execute(lease);
        }),
      ),
      ...(webhooks === undefined ? [] : [this.#loop(() => webhooks.dispatchNext(signal))]),
      this.#loop(async () => {
        await sleep(sweepIntervalMs, undefined, { signal }).catch(() => undefined);
        if (!signal.aborted) await queue.sweep();
      }),
    ];
  }

  /** Leases no more jobs, and returns jobs that still run after `graceMs` milliseconds to the queue. */
  async close({ graceMs = 8000 }: { readonly graceMs?: number } = {}): Promise<void> {
    this.#stop.abort();
    const timer = setTimeout(() => {
      this.#interrupt.abort();
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
}
