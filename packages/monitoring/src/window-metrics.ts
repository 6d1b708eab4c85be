import { Counter, Gauge, type Registry } from 'prom-client';
import { checkMetricNames } from './check-metric-names.ts';
import { checkFunction, checkOptions } from './check-options.ts';
import type { OptionNames } from './options-problem.ts';

/** Numbers of a recorder of windows since the process started, as `WindowRecorder` of `@fairlead/windows` has them. */
export interface WindowNumbers {
  /** Requests that were counted. */
  readonly requests: number;
  /** Windows that were stored, or left in the spool folder. */
  readonly stored: number;
  /** Windows in memory that wait for the store. */
  readonly waiting: number;
  readonly lost: {
    readonly requests: number;
    readonly windows: number;
  };
}

/** Options of {@link windowMetrics}. */
export interface WindowMetricsOptions {
  /** Registry of the metrics. */
  readonly registry: Registry;
  /** Reads the numbers; called at each scrape. */
  readonly read: () => WindowNumbers;
  /** Counts the windows in the spool folder; called at each scrape. A rejection is reported to `onError`. */
  readonly spooled: () => Promise<number>;
  /** Called when the spool folder can't be read; its part of the gauge is absent then. */
  readonly onError?: (error: unknown) => void;
}

const optionNames: OptionNames<WindowMetricsOptions> = {
  registry: 'required',
  read: 'required',
  spooled: 'required',
  onError: 'optional',
};

const counters: Record<string, { help: string; read: (numbers: WindowNumbers) => number }> = {
  fairlead_window_requests_total: {
    help: 'Requests that were counted in windows.',
    read: ({ requests }) => requests,
  },
  fairlead_windows_stored_total: {
    help: 'Windows that were stored, or left in the spool folder while the store was away.',
    read: ({ stored }) => stored,
  },
  fairlead_window_requests_lost_total: {
    help: 'Requests that no stored window counts.',
    read: ({ lost }) => lost.requests,
  },
  fairlead_windows_lost_total: {
    help: 'Windows that could neither be stored nor left in the spool folder.',
    read: ({ lost }) => lost.windows,
  },
};
const WAITING = 'fairlead_windows_waiting';

/**
 * Registers the metrics of a recorder of windows: what it counted, stored and lost, and how many windows wait for the store.
 *
 * @example
 * ```ts
 * import { InferenceMetrics, windowMetrics } from '@fairlead/monitoring';
 *
 * const { registry } = new InferenceMetrics();
 * const lost = { requests: 0, windows: 0 };
 * const numbers = { requests: 40, stored: 2, waiting: 1, lost };
 * windowMetrics({ registry, read: () => numbers, spooled: async () => 0 });
 * const page = await registry.metrics();
 * console.log(page.includes('fairlead_windows_waiting{place="memory"} 1')); // true
 * ```
 *
 * @throws `MonitoringError` with `ERR_MONITORING_METRIC_NAME_TAKEN` if the registry has one of the metrics already.
 */
export function windowMetrics(options: WindowMetricsOptions): void {
  const {
    registry,
    read,
    spooled,
    onError = () => undefined,
  } = checkOptions('windowMetrics', options, optionNames);
  checkFunction('read', read);
  checkFunction('spooled', spooled);
  checkMetricNames(registry, [...Object.keys(counters), WAITING]);
  const registers = [registry];
  for (const [name, { help, read: readOne }] of Object.entries(counters)) {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(readOne(read()));
      },
    });
  }
  new Gauge({
    name: WAITING,
    help: 'Windows that wait for the store, in memory and in the spool folder of this host.',
    labelNames: ['place'],
    registers,
    async collect() {
      this.reset();
      this.set({ place: 'memory' }, read().waiting);
      try {
        this.set({ place: 'spool' }, await spooled());
      } catch (error) {
        onError(error);
      }
    },
  });
}
