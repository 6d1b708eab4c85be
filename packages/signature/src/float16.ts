const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/**
 * Converts an IEEE 754 binary16 bit pattern to a number.
 *
 * @example
 * ```ts
 * import { float16ToNumber } from '@fairlead/signature';
 *
 * console.log(float16ToNumber(0x3c00), float16ToNumber(0xfc00)); // 1 -Infinity
 * ```
 */
export function float16ToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/**
 * Converts a number to the nearest IEEE 754 binary16 bit pattern (ties to even); beyond ±65504 to an infinity.
 *
 * `value` is first rounded to binary32 by rounding to odd, so that the second rounding has the same result as a single one.
 *
 * @example
 * ```ts
 * import { float16ToNumber, numberToFloat16 } from '@fairlead/signature';
 *
 * console.log(numberToFloat16(1) === 0x3c00, float16ToNumber(numberToFloat16(0.1))); // true 0.0999755859375
 * ```
 */
export function numberToFloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const single = toSingleOddly(value);
  const sign = (single >>> 16) & 0x8000;
  const exponent = (single >>> 23) & 0xff;
  const fraction = single & 0x7fffff;
  if (exponent === 0xff) return sign | 0x7c00;
  if (exponent >= 113) {
    const half = ((exponent - 112) << 10) | (fraction >>> 13);
    const rounded = roundToEven(half, fraction & 0x1fff, 0x1000);
    return sign | Math.min(rounded, 0x7c00);
  }
  if (exponent < 102) return sign;
  const shift = 126 - exponent;
  const mantissa = fraction | 0x800000;
  return sign | roundToEven(mantissa >>> shift, mantissa & (2 ** shift - 1), 2 ** (shift - 1));
}

function roundToEven(upper: number, rest: number, tie: number): number {
  return rest > tie || (rest === tie && (upper & 1) === 1) ? upper + 1 : upper;
}

/** Returns the bits of `value` as binary32; the last bit of an inexact result is odd. */
function toSingleOddly(value: number): number {
  float[0] = value;
  let pattern = bits[0] ?? 0;
  const single = Math.fround(value);
  if (single === value || !Number.isFinite(value)) return pattern;
  if (Math.abs(single) > Math.abs(value)) pattern -= 1;
  return pattern | 1;
}
