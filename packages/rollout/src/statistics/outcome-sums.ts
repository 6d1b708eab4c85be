import { describeValue } from '@fairlead/signature';
import { checkInteger, invalidOption } from '../check-options.ts';

/** Sums of the outcomes of independent users, such as seconds or conversions; those of several hosts may be added. */
export interface OutcomeSums {
  /** Users with an outcome, each counted once. */
  readonly users: number;
  /** Sum of the outcomes. */
  readonly sum: number;
  /** Sum of their squares; where outcomes are 0 or 1, the same as `sum`. */
  readonly sumSquares: number;
}

/** Unbiased variance of the outcomes of at least two users. */
export function sampleVariance({ users, sum, sumSquares }: OutcomeSums): number {
  return Math.max(0, sumSquares - (sum * sum) / users) / (users - 1);
}

/** @throws RolloutError `ERR_ROLLOUT_INVALID_OPTION` for sums that no outcomes have */
export function checkOutcomeSums(name: string, sums: OutcomeSums, binary: boolean): void {
  const { users, sum, sumSquares } = sums;
  checkInteger(`${name}.users`, users, 0, Number.MAX_SAFE_INTEGER);
  for (const [field, value] of Object.entries({ sum, sumSquares })) {
    if (Number.isFinite(value)) continue;
    throw invalidOption(`${name}.${field} must be a finite number, got ${describeValue(value)}.`);
  }
  if (users === 0 && (sum !== 0 || sumSquares !== 0)) {
    throw invalidOption(`${name} has a sum of ${sum} without users; count each user once.`);
  }
  if (binary && (!Number.isInteger(sum) || sum < 0 || sum > users || sumSquares !== sum)) {
    throw invalidOption(
      `${name} has ${users} users, a sum of ${sum} and a sum of squares of ${sumSquares}, which outcomes of 0 and 1 don't have; leave out \`binary\` for others.`,
    );
  }
  // A rounding error of each addition is possible.
  if (sumSquares * users < sum * sum * (1 - 1e-9)) {
    throw invalidOption(
      `${name}.sumSquares must be at least sum² / users, ${(sum * sum) / users}, got ${sumSquares}; add the square of each outcome.`,
    );
  }
}
