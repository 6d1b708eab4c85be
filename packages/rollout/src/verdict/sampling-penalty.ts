const LEVEL_0 = 0.99;

/**
 * Returns by how much the logarithm of evidence from a sample of keys is lowered.
 *
 * The level rises with the number of keys, so evidence is looked for at several levels. Level 0, all keys, gets 99 % of the permitted errors, and level n gets
 * 1 % / 2^n.
 */
export function samplingPenalty(level: number): number {
  return level === 0 ? -Math.log(LEVEL_0) : level * Math.LN2 - Math.log(1 - LEVEL_0);
}
