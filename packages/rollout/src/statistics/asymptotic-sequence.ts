/**
 * Position of a test on its course: 0 at the beginning, and where the interval is narrowest for its size about 8 (for an `alpha` of 0.05).
 *
 * Source: I. Waudby-Smith et al., "Time-uniform central limit theory and asymptotic confidence sequences", Annals of Statistics 52 (2024), where it is `t ρ²`, with the
 * approximation of the best ρ that GrowthBook uses. It changes the width, and not the validity, if the number for which it is best was chosen before the test.
 *
 * @param users - users so far
 * @param bestUsers - users at which the interval is narrowest
 */
export function sequencePosition(users: number, bestUsers: number, alpha: number): number {
  const limit = -2 * Math.log(alpha);
  return (users / bestUsers) * (limit + Math.log1p(limit));
}

/** Half of the width of the confidence interval, in standard errors. */
export function sequenceHalfWidth(position: number, alpha: number): number {
  const growth = position + 1;
  return Math.sqrt((growth * (Math.log(growth) - 2 * Math.log(alpha))) / position);
}

/** Natural logarithm of the e-value of an estimate that is `errors` standard errors away from the tested value. */
export function sequenceEvidence(position: number, errors: number): number {
  const growth = position + 1;
  return (position * errors * errors) / (2 * growth) - Math.log(growth) / 2;
}
