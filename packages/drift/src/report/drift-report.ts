import type { Bins } from '@fairlead/windows';
import type { DriftCheck } from '../rules/drift-check.ts';
import type { FeatureShares } from '../rules/compare-shares.ts';
import type { EffectFloors } from '../rules/rule-limits.ts';
import type { OnsetRule } from '../rules/onset.ts';
import type { DistanceName } from './distance-definitions.ts';

/** Verdict on a feature, an output or a whole version. Too few values are never `ok`. */
export type DriftStatus = 'drift' | 'ok' | 'insufficient data';

/** One judged window of a feature: as many of the given windows as have enough values together. */
export interface WindowDrift {
  /** Begin and end in milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  /** Values that are not missing. */
  readonly values: number;
  /** Effect that the limit is about: the Wasserstein distance in standard deviations, or the total variation distance of categories; null where no number has a place on the axis. */
  readonly effect: number | null;
  /** Checks that failed. */
  readonly checks: readonly DriftCheck[];
}

/** Windows that a verdict, its distances and its explanation are about. */
export interface DriftEvidence {
  /** Begin and end in milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  /** Values that are not missing. */
  readonly values: number;
  /** Distances to the training table; {@link distanceDefinitions} defines each. */
  readonly distances: Readonly<Partial<Record<DistanceName, number>>>;
  readonly shares: FeatureShares;
  /** Shares of all values by bin, in the training table and in these windows; the rest is in {@link shares}. */
  readonly histogram: {
    readonly bins: Bins;
    readonly reference: readonly number[];
    readonly current: readonly number[];
  };
}

/** Verdict on one feature or output. */
export interface FeatureDrift {
  readonly name: string;
  readonly role: 'feature' | 'output';
  readonly status: DriftStatus;
  /** Checks that failed in the windows of a drift; empty without one. */
  readonly checks: readonly DriftCheck[];
  /** Begin of the first window that differs, in milliseconds since the epoch; null without drift. */
  readonly since: number | null;
  /** Ends of the windows with which an alert began, in milliseconds since the epoch. */
  readonly onsets: readonly number[];
  /** Sentence that says what moved, from where to where. */
  readonly explanation: string;
  /** Absent where no window has a value. */
  readonly evidence?: DriftEvidence;
  /** Judged windows, the last ones. */
  readonly windows: readonly WindowDrift[];
}

/** Result of {@link judgeDrift}. */
export interface DriftReport {
  readonly status: DriftStatus;
  /** Begin of the first window and end of the last one, in milliseconds since the epoch; null without windows. */
  readonly from: number | null;
  readonly to: number | null;
  /** Features and outputs by status. */
  readonly summary: Readonly<Record<DriftStatus, number>>;
  /** Rules that were applied. */
  readonly rules: {
    readonly windowMs: number;
    readonly minValues: number;
    readonly alpha: number;
    /** Level of a single test. */
    readonly significance: number;
    readonly onset: OnsetRule;
    readonly effects: EffectFloors;
  };
  readonly features: readonly FeatureDrift[];
}
