export { DriftError, driftErrorCodes } from './drift-error.ts';
export type { DriftErrorCode } from './drift-error.ts';
export { chiSquareTest, goodnessOfFit } from './statistics/chi-square.ts';
export type { ChiSquareTest } from './statistics/chi-square.ts';
export {
  binnedKolmogorovSmirnov,
  expectedStability,
  hellinger,
  jensenShannon,
  lInfinity,
  populationStability,
  totalVariation,
} from './statistics/distances.ts';
export { kolmogorovSmirnov } from './statistics/kolmogorov-smirnov.ts';
export type { KolmogorovSmirnov } from './statistics/kolmogorov-smirnov.ts';
export type { PairedCounts } from './statistics/paired-counts.ts';
export { wasserstein } from './statistics/wasserstein.ts';
