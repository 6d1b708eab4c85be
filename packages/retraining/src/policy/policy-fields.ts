import { closestName, describeValue } from '@fairlead/signature';
import { RetrainingError } from '../retraining-error.ts';

/** Fields of a policy that aren't checked yet. */
export type Fields = Readonly<Record<string, unknown>>;

/** Returns an object if it has no unknown field. */
export function fields(path: string, value: unknown, names: readonly string[]): Fields {
  const given = object(path, value);
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown === undefined) return given;
  const meant = closestName(unknown, names);
  throw invalid(
    `${path} has an unknown field ${JSON.stringify(unknown)}; ${meant === undefined ? `it may have ${names.join(', ')}` : `did you mean ${meant}?`}`,
  );
}

export function object(path: string, value: unknown): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw invalid(`${path} must be an object, got ${describeValue(value)}`);
}

export function choice<T extends string>(path: string, value: unknown, values: readonly T[]): T {
  const found = values.find((each) => each === value);
  if (found !== undefined) return found;
  throw invalid(
    `${path} must be ${values.map((each) => `"${each}"`).join(' or ')}, got ${describeValue(value)}`,
  );
}

export function number(path: string, value: unknown, min: number, max: number): number {
  if (typeof value === 'number' && value >= min && value <= max) return value;
  throw invalid(`${path} must be a number from ${min} to ${max}, got ${describeValue(value)}`);
}

export function integer(path: string, value: unknown, min: number, max: number): number {
  if (Number.isSafeInteger(value)) return number(path, value, min, max);
  throw invalid(`${path} must be an integer from ${min} to ${max}, got ${describeValue(value)}`);
}

export function text(path: string, value: unknown, pattern: RegExp, expected: string): string {
  if (typeof value === 'string' && pattern.test(value)) return value;
  throw invalid(`${path} must be ${expected}, got ${describeValue(value)}`);
}

/** Returns a list with `min` to `max` elements, each checked by `read`. */
export function list<T>(
  path: string,
  value: unknown,
  [min, max]: readonly [number, number],
  read: (path: string, each: unknown) => T,
): readonly T[] {
  if (!Array.isArray(value) || value.length < min || value.length > max) {
    throw invalid(`${path} must be a list of ${min} to ${max}, got ${describeValue(value)}`);
  }
  return value.map((each: unknown, index) => read(`${path}[${index}]`, each));
}

export function invalid(problem: string): RetrainingError {
  return new RetrainingError(
    'ERR_RETRAINING_POLICY_INVALID',
    `The policy of retraining: ${problem}.`,
  );
}
