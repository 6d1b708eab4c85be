import { checkNumber, checkOptions } from '../check-options.ts';

/** Smallest effects that count as a shift; a difference that is significant but smaller is none. */
export interface EffectFloors {
  /** Wasserstein distance in standard deviations of the training table. @defaultValue 0.1 */
  readonly wasserstein: number;
  /** Population stability index above its mean without a shift. @defaultValue 0.05 */
  readonly stability: number;
  /** Total variation distance of categories, as a share of the rows. @defaultValue 0.1 */
  readonly totalVariation: number;
  /** Share of values without a bin, such as unknown categories, above that of the training table. @defaultValue 0.01 */
  readonly unseen: number;
  /** Share of numbers below the smallest or above the largest of the training table. @defaultValue 0.01 */
  readonly outOfRange: number;
  /** Difference of the share of missing values. @defaultValue 0.05 */
  readonly missing: number;
}

/** Limits of one run: the floors, and the probability below which a difference is significant. */
export interface RuleLimits {
  readonly effects: EffectFloors;
  /** Level of a single test: alpha, divided by twice the number of features. */
  readonly significance: number;
}

const defaults: EffectFloors = {
  wasserstein: 0.1,
  stability: 0.05,
  totalVariation: 0.1,
  unseen: 0.01,
  outOfRange: 0.01,
  missing: 0.05,
};

const names = {
  wasserstein: 'optional',
  stability: 'optional',
  totalVariation: 'optional',
  unseen: 'optional',
  outOfRange: 'optional',
  missing: 'optional',
} as const;

/** Fills in defaults, and checks each floor. */
export function readEffects(effects: Partial<EffectFloors> = {}): EffectFloors {
  checkOptions('judgeDrift: effects', effects, names);
  const all = { ...defaults, ...effects };
  for (const [name, value] of Object.entries(all) as [keyof EffectFloors, number][]) {
    checkNumber(`judgeDrift: effects.${name}`, value, 0, Infinity);
  }
  return all;
}
