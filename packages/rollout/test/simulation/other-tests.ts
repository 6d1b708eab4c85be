import type { Minute } from './streams.ts';

const ALPHA = 0.05;
/** Two-sided, of the standard normal distribution. */
const Z = 1.959_963_984_540_054;
/** Requests for which GrowthBook's sequence is tuned by default. */
const TUNED_FOR = 5000;
const RHO_SQUARED = (-2 * Math.log(ALPHA) + Math.log(1 - 2 * Math.log(ALPHA))) / TUNED_FOR;

/** Tests that other tools repeat, on totals of candidate and baseline. */
export class OtherTests {
  /** Minute at which each stopped first. */
  readonly stopped: { z?: number; sequence?: number } = {};
  readonly #requests = [0, 0] as [number, number];
  readonly #failures = [0, 0] as [number, number];

  add(minute: number, { requests, failures }: Minute): void {
    for (const arm of [0, 1] as const) {
      this.#requests[arm] += requests[arm];
      this.#failures[arm] += failures[arm];
    }
    const [n, m] = this.#requests;
    if (n === 0 || m === 0) return;
    const [p, q] = [this.#failures[0] / n, this.#failures[1] / m];
    const pooled = (this.#failures[0] + this.#failures[1]) / (n + m);
    const pooledError = Math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m));
    if (Math.abs(p - q) > Z * pooledError) this.stopped.z ??= minute;
    const error = Math.sqrt((p * (1 - p)) / n + (q * (1 - q)) / m);
    if (error === 0) return;
    const z = Math.abs(p - q) / error;
    const scaled = (n + m) * RHO_SQUARED;
    const limit = Math.sqrt((2 * (scaled + 1) * Math.log(Math.sqrt(scaled + 1) / ALPHA)) / scaled);
    if (z > limit) this.stopped.sequence ??= minute;
  }
}
