const HALF_LOG_2PI = Math.log(2 * Math.PI) / 2;

/**
 * Natural logarithm of the gamma function, for x > 0, with an error of about 1e-15 of its largest term.
 *
 * Source: Stirling's series, NIST Digital Library of Mathematical Functions, 5.11.1, from 10 on.
 */
export function logGamma(x: number): number {
  let factor = 1;
  let at = x;
  while (at < 10) {
    factor *= at;
    at += 1;
  }
  const square = at * at;
  const coefficients = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360_360, 1 / 156];
  const correction =
    coefficients.reduceRight((sum, coefficient) => sum / square + coefficient, 0) / at;
  return (at - 0.5) * Math.log(at) - at + HALF_LOG_2PI + correction - Math.log(factor);
}
