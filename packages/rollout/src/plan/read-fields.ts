import { closestName, describeValue } from '@fairlead/signature';
import { RolloutError } from '../rollout-error.ts';

/** Fields of an object, not yet checked. */
export type Fields = Readonly<Record<string, unknown>>;

export function fields(path: string, value: unknown, names: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(`${path} must be an object, got ${describeValue(value)}`);
  }
  const unknown = Object.keys(value).find((name) => !names.includes(name));
  if (unknown === undefined) return value as Fields;
  const meant = closestName(unknown, names);
  throw invalid(
    `${path} has an unknown field ${JSON.stringify(unknown)}; ${meant === undefined ? `it may have ${names.join(', ')}` : `did you mean ${meant}?`}`,
  );
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

export function integer(path: string, value: unknown, min = 1): number {
  if (Number.isSafeInteger(value) && (value as number) >= min) return value as number;
  throw invalid(`${path} must be an integer from ${min}, got ${describeValue(value)}`);
}

export function invalid(problem: string): RolloutError {
  return new RolloutError('ERR_ROLLOUT_PLAN_INVALID', `The plan of the rollout: ${problem}.`);
}
