import { SecurityError } from './security-error.ts';

/** Refuses a setting with a message that says what was expected and what came. */
export function refuseOption(name: string, expected: string, value: unknown): never {
  throw new SecurityError(
    'ERR_SECURITY_OPTION',
    `Option ${name}: expected ${expected}, got ${describe(value)}.`,
  );
}

/** Returns the value if it is a whole number in the range, else throws `ERR_SECURITY_OPTION`. */
export function checkInteger(name: string, value: unknown, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    refuseOption(name, `a whole number from ${min} to ${max}`, value);
  }
  return value;
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80));
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : typeof value;
}
