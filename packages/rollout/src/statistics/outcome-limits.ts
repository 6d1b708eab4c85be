import { describeValue } from '@fairlead/signature';
import { invalidOption } from '../check-options.ts';

/** Limits of outcomes that are known before the first one, such as 0 and 1 for conversions. */
export interface OutcomeLimits {
  /** Smallest possible outcome. */
  readonly min: number;
  /** Largest possible outcome. */
  readonly max: number;
}

/** @throws RolloutError `ERR_ROLLOUT_INVALID_OPTION` for limits that aren't finite, or in the wrong order */
export function checkLimits(name: string, { min, max }: OutcomeLimits): void {
  if (Number.isFinite(min) && Number.isFinite(max) && min < max) return;
  throw invalidOption(
    `${name}: min and max must be finite, and min below max, got ${describeValue(min)} and ${describeValue(max)}.`,
  );
}

/** @throws RolloutError `ERR_ROLLOUT_INVALID_OPTION` for an outcome beyond the limits */
export function checkOutcome(name: string, outcome: number, { min, max }: OutcomeLimits): void {
  if (typeof outcome === 'number' && outcome >= min && outcome <= max) return;
  throw invalidOption(
    `${name}: an outcome must be from ${min} to ${max}, got ${describeValue(outcome)}; widen min and max before the first outcome, or limit each outcome.`,
  );
}
