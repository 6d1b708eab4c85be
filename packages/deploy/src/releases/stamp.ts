/** Returns a time as a part of a key, whose order is that of the times. */
export function stampOf(at: Date): string {
  return at.toISOString().replaceAll(/[:.]/g, '-');
}
