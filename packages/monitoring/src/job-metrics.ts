import { Counter, Gauge, type Registry } from 'prom-client';
import { checkMetricNames } from './check-metric-names.ts';
import { checkFunction, checkOptions } from './check-options.ts';
import type { OptionNames } from './options-problem.ts';

/** Options of {@link JobMetrics}. */
export interface JobMetricsOptions {
  /** Registry of the metrics. */
  readonly registry: Registry;
  /** Returns the numbers of queued and running jobs; called at each scrape. A rejection is reported to `onError`. */
  readonly depth: () => Promise<{ readonly queued: number; readonly running: number }>;
  /** Called when the depth can't be read; the gauge is absent then. */
  readonly onError?: (error: unknown) => void;
}

const optionNames: OptionNames<JobMetricsOptions> = {
  registry: 'required',
  depth: 'required',
  onError: 'optional',
};

/** Event of a job, as far as it is counted; structurally compatible with the events of a job runner. */
export interface JobMetricEvent {
  readonly type: string;
  readonly model?: string;
  readonly state?: string;
}

const DEPTH = 'fairlead_jobs';
const FINISHED = 'fairlead_jobs_finished_total';
const EVENTS = 'fairlead_job_events_total';

/**
 * Metrics of asynchronous inference: number of jobs, their outcomes, and their other events.
 *
 * @example
 * ```ts
 * import { InferenceMetrics, JobMetrics } from '@fairlead/monitoring';
 *
 * const { registry } = new InferenceMetrics();
 * const jobs = new JobMetrics({ registry, depth: async () => ({ queued: 2, running: 1 }) });
 * jobs.count({ type: 'job-finished', model: 'digits', state: 'succeeded' });
 * const page = await registry.metrics();
 * console.log(page.includes('fairlead_jobs{state="queued"} 2')); // true
 * ```
 */
export class JobMetrics {
  readonly #finished: Counter<'model' | 'state'>;
  readonly #events: Counter<'type'>;

  /** @throws `MonitoringError` with `ERR_MONITORING_METRIC_NAME_TAKEN` if the registry has one of the metrics already. */
  constructor(options: JobMetricsOptions) {
    const {
      registry,
      depth,
      onError = () => undefined,
    } = checkOptions('new JobMetrics', options, optionNames);
    checkFunction('depth', depth);
    checkMetricNames(registry, [DEPTH, FINISHED, EVENTS]);
    const registers = [registry];
    new Gauge({
      name: DEPTH,
      help: 'Jobs of asynchronous inference that are queued or running.',
      labelNames: ['state'],
      registers,
      // Every process reads the same queue.
      aggregator: 'max',
      async collect() {
        this.reset();
        try {
          const { queued, running } = await depth();
          this.set({ state: 'queued' }, queued);
          this.set({ state: 'running' }, running);
        } catch (error) {
          onError(error);
        }
      },
    });
    this.#finished = new Counter({
      name: FINISHED,
      help: 'Jobs of asynchronous inference that this process finished.',
      labelNames: ['model', 'state'],
      registers,
    });
    this.#events = new Counter({
      name: EVENTS,
      help: 'Other events of jobs: retries, lost leases, webhooks delivered, retried and abandoned, failures of the queue.',
      labelNames: ['type'],
      registers,
    });
  }

  /** Counts an event. */
  count({ type, model = '', state = '' }: JobMetricEvent): void {
    if (type === 'job-finished') this.#finished.inc({ model, state });
    else this.#events.inc({ type });
  }
}
