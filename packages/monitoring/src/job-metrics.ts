import { Counter, Gauge, type Registry } from 'prom-client';
import { requireFreeNames } from './require-free-names.ts';

/** Options of {@link JobMetrics}. */
export interface JobMetricsOptions {
  /** Where the metrics are registered. */
  readonly registry: Registry;
  /** How many jobs wait and run, asked at each scrape; what it rejects with is told to `onError`. */
  readonly depth: () => Promise<{ readonly queued: number; readonly running: number }>;
  /** Told when the depth can't be known; the gauge is absent then. */
  readonly onError?: (error: unknown) => void;
}

/** What is counted of an event of jobs; those of `@fairlead/serving` fit. */
export interface JobHappening {
  readonly type: string;
  readonly model?: string;
  readonly state?: string;
}

const DEPTH = 'fairlead_jobs';
const FINISHED = 'fairlead_jobs_finished_total';
const HAPPENINGS = 'fairlead_job_events_total';

/** Inference that is answered later: how many jobs there are, how they end, and what happens to them on the way. */
export class JobMetrics {
  readonly #finished: Counter<'model' | 'state'>;
  readonly #happenings: Counter<'type'>;

  /** @throws `MonitoringError` with `ERR_MONITORING_METRIC_NAME_TAKEN` if the registry has one of the metrics already. */
  constructor({ registry, depth, onError = () => undefined }: JobMetricsOptions) {
    requireFreeNames(registry, [DEPTH, FINISHED, HAPPENINGS]);
    const registers = [registry];
    new Gauge({
      name: DEPTH,
      help: 'Jobs of asynchronous inference that wait (queued) or run.',
      labelNames: ['state'],
      registers,
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
      help: 'Jobs of asynchronous inference that this process brought to an end.',
      labelNames: ['model', 'state'],
      registers,
    });
    this.#happenings = new Counter({
      name: HAPPENINGS,
      help: 'What happened to jobs on the way: tried again, lost, webhooks delivered, tried again and given up, failures of the queue.',
      labelNames: ['type'],
      registers,
    });
  }

  /** Counts an event. */
  count({ type, model = '', state = '' }: JobHappening): void {
    if (type === 'job-finished') this.#finished.inc({ model, state });
    else this.#happenings.inc({ type });
  }
}
