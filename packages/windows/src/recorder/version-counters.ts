import { ExactSummation } from '../bins/exact-sum.ts';
import { baselineDigest } from '../baseline/baseline-digest.ts';
import type { Baseline } from '../baseline/baseline.ts';
import { emptyWindow } from '../window/empty-window.ts';
import { LATENCY_BUCKETS, latencyBucket } from '../window/latency.ts';
import type { OutcomeSums, Window, WindowLabel, WindowLosses } from '../window/window.ts';
import type { FinishedInference, RecordedInference } from './recorded-inference.ts';
import type { RowSelection } from './row-selection.ts';
import { TensorCounters } from './tensor-counters.ts';

/** Further failure reasons count as `OTHER`, further outcome metrics not at all. */
const MAX_NAMES = 64;
const MAX_NAME_LENGTH = 128;

/** Counts of one version in the current slot. */
export class VersionCounters {
  readonly #label: WindowLabel;
  readonly #baseline: Baseline | undefined;
  readonly #features: TensorCounters;
  readonly #outputs: TensorCounters;
  readonly #failures = new Map<string, number>();
  readonly #outcomes = new Map<string, OutcomeSummation>();
  readonly #latency = new Float64Array(LATENCY_BUCKETS);
  readonly #sample = { rows: 0, weight: 0, squaredWeight: 0 };
  #requests = 0;
  #rows = 0;
  #fallbacks = 0;
  #cacheHits = 0;
  #sumUs = 0;

  constructor(label: WindowLabel, baseline: Baseline | undefined) {
    this.#label = label;
    this.#baseline = baseline;
    this.#features = new TensorCounters(baseline?.features ?? []);
    this.#outputs = new TensorCounters(baseline?.outputs ?? []);
  }

  /** True if values of inputs are counted. */
  get countsInputs(): boolean {
    return this.#features.size > 0;
  }

  finished({ outcome, reason, rows, requestDurationMs, cache }: FinishedInference): void {
    this.#requests += 1;
    this.#rows += rows;
    if (outcome === 'failure') this.#countFailure(reason ?? 'OTHER');
    if (outcome === 'fallback') this.#fallbacks += 1;
    if (cache === 'hit') this.#cacheHits += 1;
    const bucket = latencyBucket(requestDurationMs);
    this.#latency[bucket] = (this.#latency[bucket] ?? 0) + 1;
    this.#sumUs += Math.max(0, Math.round(requestDurationMs * 1000)) || 0;
  }

  /** Counts the values of rows that `select` chooses, called with the number of rows and of values in each. */
  record(
    { inputs, outputs }: RecordedInference,
    select: (rows: number, columns: number) => RowSelection,
  ): void {
    const columns = this.#features.size + this.#outputs.size;
    if (columns === 0) return;
    const rows = Math.max(this.#features.rowsOf(inputs), this.#outputs.rowsOf(outputs));
    const selection = select(rows, columns);
    const { length, weight } = selection;
    if (length === 0) return;
    this.#features.count(inputs, selection);
    this.#outputs.count(outputs, selection);
    this.#sample.rows += length;
    this.#sample.weight += length * weight;
    this.#sample.squaredWeight += length * weight * weight;
  }

  addOutcome(name: string, value: number): void {
    const key = name.slice(0, MAX_NAME_LENGTH);
    let outcome = this.#outcomes.get(key);
    if (outcome === undefined) {
      if (this.#outcomes.size >= MAX_NAMES) return;
      outcome = new OutcomeSummation();
      this.#outcomes.set(key, outcome);
    }
    outcome.add(value);
  }

  window(from: number, to: number, lost: WindowLosses): Window {
    return {
      ...emptyWindow(this.#label, from, to),
      ...(this.#baseline !== undefined && { baseline: baselineDigest(this.#baseline) }),
      requests: this.#requests,
      rows: this.#rows,
      failures: Object.fromEntries(this.#failures),
      fallbacks: this.#fallbacks,
      cacheHits: this.#cacheHits,
      latency: { counts: [...this.#latency], sumUs: this.#sumUs },
      sample: { ...this.#sample },
      features: this.#features.counts(),
      outputs: this.#outputs.counts(),
      outcomes: Object.fromEntries(
        [...this.#outcomes].map(([name, outcome]) => [name, outcome.sums()]),
      ),
      lost,
    };
  }

  #countFailure(reason: string): void {
    const key = reason.slice(0, MAX_NAME_LENGTH);
    const name = this.#failures.has(key) || this.#failures.size < MAX_NAMES ? key : 'OTHER';
    this.#failures.set(name, (this.#failures.get(name) ?? 0) + 1);
  }
}

class OutcomeSummation {
  readonly #sum = new ExactSummation();
  readonly #sumOfSquares = new ExactSummation();
  #count = 0;

  add(value: number): void {
    this.#count += 1;
    this.#sum.add(value);
    this.#sumOfSquares.add(value * value);
  }

  sums(): OutcomeSums {
    return {
      count: this.#count,
      sum: this.#sum.sum(),
      sumOfSquares: this.#sumOfSquares.sum(),
    };
  }
}
