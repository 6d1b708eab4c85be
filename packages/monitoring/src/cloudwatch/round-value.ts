/** Significant decimal digits of a rounded value. */
const digits = 3;

/**
 * Rounds to three significant decimal digits, so that the latencies of a minute have a few hundred different values.
 *
 * The error is at most half a unit of the third digit, which is 0.5 % of the value (at 1.005, 10.05, …). Whole numbers
 * up to 999 stay exact.
 */
export function roundValue(value: number): number {
  if (value === 0) return 0;
  const exponent = Math.floor(Math.log10(Math.abs(value))) - (digits - 1);
  // Powers of ten up to 10^22 are exact doubles, and a whole number divided or multiplied by one is the
  // double nearest to the decimal; a factor such as 0.01 would result in 0.30000000000000004 instead of 0.3.
  if (exponent < 0 && exponent >= -22) {
    const scale = 10 ** -exponent;
    return Math.round(value * scale) / scale;
  }
  if (exponent >= 0 && exponent <= 22) {
    const scale = 10 ** exponent;
    return Math.round(value / scale) * scale;
  }
  return Number(value.toPrecision(digits));
}
