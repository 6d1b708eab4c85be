/**
 * Definition of each distance of a report, in the order in which they are listed. p and q are the shares of the bins in the training table and in the
 * windows; values below, above and without a bin have bins too, unless stated otherwise.
 *
 * @example
 * ```ts
 * import { distanceDefinitions } from '@fairlead/drift';
 *
 * console.log(distanceDefinitions.totalVariation); // ½ Σ|p − q|: the share of rows that would have to change their bin
 * ```
 */
export const distanceDefinitions = {
  wasserstein:
    'area between the cumulative shares, in the unit of the values; values spread evenly over their bin, those outside of all bins have their own place',
  standardizedWasserstein: 'the Wasserstein distance in standard deviations of the training table',
  kolmogorovSmirnov: 'largest difference of the cumulative shares, at the edges of bins',
  kolmogorovSmirnovP:
    "probability of a Kolmogorov–Smirnov statistic as large without a shift, by Kolmogorov's limit with Stephens' correction",
  totalVariation: '½ Σ|p − q|: the share of rows that would have to change their bin',
  chiSquare: "Pearson's X² of both samples, with rare categories pooled",
  chiSquareP: 'probability of an X² as large without a shift',
  stability:
    'population stability index Σ(p − q)·ln(p/q), with half a row added to each bin; numbers in at most 16 merged bins, those below and above in the first and last one; rare categories pooled',
  excessStability:
    'the population stability index less its mean without a shift, (bins − 1)·(1/n + 1/m)',
  stabilityP: 'probability of a population stability index as large without a shift',
  jensenShannon:
    'square root of the mean Kullback–Leibler divergence from the average of p and q, base 2: from 0 to 1',
  hellinger: '‖√p − √q‖/√2: from 0 to 1',
  lInfinity: 'largest |p − q| of a bin',
} as const;

/** Name of a distance of a report. */
export type DistanceName = keyof typeof distanceDefinitions;
