/**
 * Checks of a feature: `distance` (Wasserstein and Kolmogorov–Smirnov) and `stability` (PSI) of numbers, `categories`, the shares of values that are
 * `unseen`, `out-of-range` or `missing`.
 */
export type DriftCheck =
  'distance' | 'stability' | 'categories' | 'unseen' | 'out-of-range' | 'missing';
