import { vi } from 'vitest';

/** Repeats `check` until it passes; patient, for a busy machine is no failure. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 90_000, interval: 10 });
}
