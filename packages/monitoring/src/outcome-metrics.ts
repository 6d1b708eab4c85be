import { Counter, Gauge, type Registry } from 'prom-client';
import { checkMetricNames } from './check-metric-names.ts';
import { checkFunction, checkOptions } from './check-options.ts';
import type { OptionNames } from './options-problem.ts';

/** Outcomes of A/B tests that a process has received for a model, as `RolloutRunner.outcomes` of `@fairlead/rollout` has them. */
export interface OutcomeMetricState {
  readonly model: string;
  /** Number of outcomes by result, such as `counted`. */
  readonly results: Readonly<Record<string, number>>;
  /** Outcomes that wait for the answer to their user. */
  readonly waiting: number;
}

/** Options of {@link outcomeMetrics}. */
export interface OutcomeMetricsOptions {
  /** Registry of the metrics. */
  readonly registry: Registry;
  /** Reads the numbers of each model; called at each scrape. */
  readonly read: () => Iterable<OutcomeMetricState>;
}

const optionNames: OptionNames<OutcomeMetricsOptions> = { registry: 'required', read: 'required' };

const OUTCOMES = 'fairlead_rollout_outcomes_total';
const WAITING = 'fairlead_rollout_outcomes_waiting';

/**
 * Registers the outcomes of A/B tests that a process has received, by what became of them, and those that wait.
 *
 * @example
 * ```ts
 * import { InferenceMetrics, outcomeMetrics } from '@fairlead/monitoring';
 *
 * const { registry } = new InferenceMetrics();
 * const churn = { model: 'churn', results: { counted: 12, unknown_metric: 3 }, waiting: 1 };
 * outcomeMetrics({ registry, read: () => [churn] });
 * const page = await registry.metrics();
 * console.log(page.includes('fairlead_rollout_outcomes_total{model="churn",result="unknown_metric"} 3')); // true
 * ```
 *
 * @throws `MonitoringError` with `ERR_MONITORING_METRIC_NAME_TAKEN` if the registry has one of the metrics already.
 */
export function outcomeMetrics(options: OutcomeMetricsOptions): void {
  const { registry, read } = checkOptions('outcomeMetrics', options, optionNames);
  checkFunction('read', read);
  checkMetricNames(registry, [OUTCOMES, WAITING]);
  const registers = [registry];
  new Counter({
    name: OUTCOMES,
    help: 'Outcomes of A/B tests that this process has received, by what became of them.',
    labelNames: ['model', 'result'],
    registers,
    collect() {
      this.reset();
      for (const { model, results } of read()) {
        for (const [result, count] of Object.entries(results)) this.inc({ model, result }, count);
      }
    },
  });
  new Gauge({
    name: WAITING,
    help: 'Outcomes of users whose answer is not known to this process yet.',
    labelNames: ['model'],
    registers,
    collect() {
      this.reset();
      for (const { model, waiting } of read()) this.set({ model }, waiting);
    },
  });
}
