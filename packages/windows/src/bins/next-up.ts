const bytes = new DataView(new ArrayBuffer(8));

/** Returns the next larger 64-bit number of a finite one. */
export function nextUp(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  bytes.setFloat64(0, value);
  bytes.setBigInt64(0, bytes.getBigInt64(0) + (value > 0 ? 1n : -1n));
  return bytes.getFloat64(0);
}
