import { describeValue, optionsProblem, type OptionNames } from '@fairlead/signature';
import { ServingError } from './serving-error.ts';

/**
 * Returns the options of a factory if they are an object, have no unknown name and lack no required one.
 *
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the factory, the option and the name that was probably meant.
 */
export function checkOptions<T extends object>(
  factory: string,
  options: T,
  names: OptionNames<T>,
): T {
  const problem = optionsProblem(factory, options, names);
  if (problem !== undefined) throw new ServingError('ERR_SERVING_INVALID_OPTION', problem);
  return options;
}

/** Maximum of an option in milliseconds that a timer waits for, and of many counts: `setTimeout` fires at once above it. */
export const MAX_INT32 = 2 ** 31 - 1;

/**
 * Returns the value of an option if it is a whole number from `min` to `max`.
 *
 * @param name - the option, such as `timeoutMs` or `upstream "flask": timeoutMs`
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the option, its value and the limits.
 */
export function checkInteger(
  name: string,
  value: unknown,
  min = 1,
  max = Number.MAX_SAFE_INTEGER,
): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) {
    return value;
  }
  const limits = max === Number.MAX_SAFE_INTEGER ? `from ${min}` : `from ${min} to ${max}`;
  throw new ServingError(
    'ERR_SERVING_INVALID_OPTION',
    `${name} is ${describeValue(value)}; it must be a whole number ${limits}`,
  );
}

/** Returns the values of several options if each is a whole number from `min` to `max`; see {@link checkInteger}. */
export function checkIntegers<T extends Readonly<Record<string, number>>>(
  options: T,
  min = 1,
  max = Number.MAX_SAFE_INTEGER,
): T {
  for (const [name, value] of Object.entries(options)) checkInteger(name, value, min, max);
  return options;
}

/**
 * Rejects an argument of a factory without a method, such as a missing model server.
 *
 * @param expected - the argument in words, such as `a ModelServer`
 * @throws ServingError `ERR_SERVING_INVALID_OPTION`.
 */
export function checkMethod<T extends object>(
  factory: string,
  expected: string,
  value: T,
  method: keyof T & string,
): void {
  const given: unknown = value;
  if (typeof given === 'object' && given !== null && typeof value[method] === 'function') return;
  throw invalidArgument(factory, `${expected} with the method ${method}()`, given);
}

/** The error of an argument of a factory that isn't what was expected. */
export function invalidArgument(factory: string, expected: string, value: unknown): ServingError {
  return new ServingError(
    'ERR_SERVING_INVALID_OPTION',
    `${factory}: expected ${expected}, got ${describeValue(value)}`,
  );
}
