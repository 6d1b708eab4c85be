import { Counter, Gauge, type Registry } from 'prom-client';
import { checkMetricNames } from './check-metric-names.ts';
import { checkFunction, checkOptions } from './check-options.ts';
import type { OptionNames } from './options-problem.ts';

/** The last rollout of a model, as `RolloutRunner` of `@fairlead/rollout` has it. */
export interface RolloutMetricState {
  readonly model: string;
  /** Name of the rollout, such as `churn-4`. */
  readonly rollout: string;
  /** Version under trial. */
  readonly candidate: string;
  readonly status: 'running' | 'paused' | 'ended';
  /** Share of the traffic that this process gives the candidate, or a copy of where it is a shadow: 0 to 1. */
  readonly share: number;
  /** Current or last step, from 1. */
  readonly step: number;
  /** Last verdict of this process, such as `hold`; undefined before the first one. */
  readonly decision?: string | undefined;
  /** Guardrails of that verdict; the evidence that a limit is exceeded is 1 where it suffices. */
  readonly guardrails: readonly { readonly name: string; readonly evidence: number }[];
  /** Requests that this process has counted, by variant. */
  readonly requests: Readonly<Record<string, number>>;
  /** Candidates of the model that this process has taken out at once. */
  readonly hardFailures: number;
}

/** Options of {@link rolloutMetrics}. */
export interface RolloutMetricsOptions {
  /** Registry of the metrics. */
  readonly registry: Registry;
  /** Reads the last rollout of each model; called at each scrape. */
  readonly read: () => Iterable<RolloutMetricState>;
}

const optionNames: OptionNames<RolloutMetricsOptions> = { registry: 'required', read: 'required' };

const GAUGES = {
  fairlead_rollout_share: {
    help: 'Share of the traffic that this process gives the candidate, or copies where it is a shadow.',
    labelNames: ['candidate'],
    rows: ({ candidate, share }) => [[{ candidate }, share]],
  },
  fairlead_rollout_step: {
    help: 'Step of the rollout, from 1.',
    labelNames: [],
    rows: ({ step }) => [[{}, step]],
  },
  fairlead_rollout_paused: {
    help: '1 while the rollout is paused.',
    labelNames: [],
    rows: ({ status }) => [[{}, status === 'paused' ? 1 : 0]],
  },
  fairlead_rollout_verdict: {
    help: 'The last verdict of this process on the rollout, with the value 1.',
    labelNames: ['decision'],
    rows: ({ decision }) => (decision === undefined ? [] : [[{ decision }, 1]]),
  },
  fairlead_rollout_evidence_ratio: {
    help: 'Evidence that the candidate exceeds the limit of a guardrail, relative to what is required to roll back: 1 does.',
    labelNames: ['guardrail'],
    rows: ({ guardrails }) =>
      guardrails.map(({ name, evidence }) => [{ guardrail: name }, evidence]),
  },
} satisfies Readonly<Record<string, GaugeOf>>;

interface GaugeOf {
  readonly help: string;
  readonly labelNames: readonly string[];
  readonly rows: (
    state: RolloutMetricState,
  ) => (readonly [Readonly<Record<string, string>>, number])[];
}

const REQUESTS = 'fairlead_rollout_requests_total';
const HARD_FAILURES = 'fairlead_rollout_hard_failures_total';

/**
 * Registers the rollouts that aren't ended: share, step, verdict, and how near each guardrail is to rolling back; and requests by variant and candidates that were taken out
 * at once, which stay for the last rollout of a model.
 *
 * @example
 * ```ts
 * import { InferenceMetrics, rolloutMetrics } from '@fairlead/monitoring';
 *
 * const { registry } = new InferenceMetrics();
 * const churn = {
 *   ...{ model: 'churn', rollout: 'churn-4', candidate: '4', status: 'running', share: 0.1, step: 2 },
 *   decision: 'advance',
 *   guardrails: [{ name: 'failures', evidence: 0.2 }],
 *   requests: { baseline: 900, candidate: 100 },
 *   hardFailures: 0,
 * } as const;
 * rolloutMetrics({ registry, read: () => [churn] });
 * const page = await registry.metrics();
 * console.log(page.includes('fairlead_rollout_share{model="churn",rollout="churn-4",candidate="4"} 0.1')); // true
 * ```
 *
 * @throws `MonitoringError` with `ERR_MONITORING_METRIC_NAME_TAKEN` if the registry has one of the metrics already.
 */
export function rolloutMetrics(options: RolloutMetricsOptions): void {
  const { registry, read } = checkOptions('rolloutMetrics', options, optionNames);
  checkFunction('read', read);
  checkMetricNames(registry, [...Object.keys(GAUGES), REQUESTS, HARD_FAILURES]);
  const registers = [registry];
  for (const [name, { help, labelNames, rows }] of Object.entries<GaugeOf>(GAUGES)) {
    new Gauge({
      name,
      help,
      labelNames: ['model', 'rollout', ...labelNames],
      registers,
      // Every process reads the same rollout.
      aggregator: 'max',
      collect() {
        this.reset();
        for (const state of read()) {
          if (state.status === 'ended') continue;
          const { model, rollout } = state;
          for (const [labels, value] of rows(state)) this.set({ model, rollout, ...labels }, value);
        }
      },
    });
  }
  new Counter({
    name: REQUESTS,
    help: 'Requests that this process has counted for the rollout, by variant.',
    labelNames: ['model', 'rollout', 'variant'],
    registers,
    collect() {
      this.reset();
      for (const { model, rollout, requests } of read()) {
        for (const [variant, count] of Object.entries(requests)) {
          this.inc({ model, rollout, variant }, count);
        }
      }
    },
  });
  new Counter({
    name: HARD_FAILURES,
    help: 'Candidates that this process has taken out at once, before the statistics of the fleet.',
    labelNames: ['model'],
    registers,
    collect() {
      this.reset();
      for (const { model, hardFailures } of read()) this.inc({ model }, hardFailures);
    },
  });
}
