import { describeValue } from '@fairlead/signature';
import { invalidOption } from '../check-options.ts';
import { logGamma } from './log-gamma.ts';

/** Rows of the Dirichlet prior: how strongly it expects the planned shares. */
const PRIOR_ROWS = 100;

/** Units, such as users or requests, of each variant under one plan of shares. */
export interface SplitCounts {
  /** Planned share of each variant, above 0; they add up to 1. */
  readonly shares: readonly number[];
  /** Units that each variant had. */
  readonly counts: readonly number[];
}

/**
 * Returns the natural logarithm of the evidence that traffic isn't split as planned (sample ratio mismatch): an e-value.
 *
 * The probability that it ever exceeds `log(1 / alpha)` with a right split is at most `alpha`, however often it is computed. A chi-square test that is
 * repeated has no such limit.
 *
 * Source: M. Lindon and A. Malek, "Anytime-valid inference for multinomial count data", NeurIPS 2022, with a Dirichlet prior of 100 times the shares.
 *
 * @param steps - units of each step, none of them in two steps
 * @throws RolloutError `ERR_ROLLOUT_INVALID_OPTION` for counts that are no integers, and shares that don't add up to 1
 *
 * @example
 * ```ts
 * import { sampleRatioEvidence } from '@fairlead/rollout';
 *
 * console.log(sampleRatioEvidence([{ shares: [0.5, 0.5], counts: [5050, 4950] }]).toFixed(2)); // -1.81
 * console.log(sampleRatioEvidence([{ shares: [0.5, 0.5], counts: [5250, 4750] }]) > Math.log(1000)); // true
 * ```
 */
export function sampleRatioEvidence(steps: readonly SplitCounts[]): number {
  return steps.reduce((sum, step) => sum + stepEvidence(step), 0);
}

function stepEvidence(step: SplitCounts): number {
  checkCounts(step);
  const { shares, counts } = step;
  const total = counts.reduce((sum, count) => sum + count, 0);
  let evidence = logGamma(PRIOR_ROWS) - logGamma(PRIOR_ROWS + total);
  for (const [index, count] of counts.entries()) {
    const share = shares[index] ?? 0;
    const prior = PRIOR_ROWS * share;
    evidence += logGamma(prior + count) - logGamma(prior) - count * Math.log(share);
  }
  return evidence;
}

function checkCounts({ shares, counts }: SplitCounts): void {
  const total = shares.reduce((sum, share) => sum + share, 0);
  if (!shares.every((share) => share > 0) || Math.abs(total - 1) > 1e-9) {
    throw invalidOption(
      `Shares must be above 0 and add up to 1, got ${shares.map(String).join(', ')}.`,
    );
  }
  if (counts.length !== shares.length) {
    throw invalidOption(`${counts.length} counts don't match ${shares.length} shares.`);
  }
  for (const count of counts) {
    if (Number.isSafeInteger(count) && count >= 0) continue;
    throw invalidOption(`A count must be an integer from 0, got ${describeValue(count)}.`);
  }
}
