const TOLERANCE = 1e-5;

/** Checks that a JSON value has every member of `expected`; numbers may differ by 1e-5 of their size, or by 1e-5 near zero. */
export function matchesExpected(actual: unknown, expected: unknown): boolean {
  if (typeof expected === 'number') {
    return (
      typeof actual === 'number' &&
      Math.abs(actual - expected) <= TOLERANCE * Math.max(1, Math.abs(expected))
    );
  }
  if (typeof expected !== 'object' || expected === null) return actual === expected;
  if (typeof actual !== 'object' || actual === null) return false;
  if (Array.isArray(expected) && (!Array.isArray(actual) || actual.length !== expected.length)) {
    return false;
  }
  return Object.entries(expected).every(([name, value]) =>
    matchesExpected((actual as Record<string, unknown>)[name], value),
  );
}
