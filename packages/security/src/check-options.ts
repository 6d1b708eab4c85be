import { describeValue, optionsProblem, type OptionNames } from './options-problem.ts';
import { SecurityError } from './security-error.ts';

/**
 * Returns the options of a factory if they are an object, have no unknown name and lack no required one.
 *
 * @throws SecurityError `ERR_SECURITY_INVALID_OPTION` naming the factory, the option and the name that was probably meant.
 */
export function checkOptions<T extends object>(
  factory: string,
  options: T,
  names: OptionNames<T>,
): T {
  const problem = optionsProblem(factory, options, names);
  if (problem !== undefined) throw invalid(problem);
  return options;
}

/** Rejects the value of an option with a message that names the expected and the given value. */
export function rejectOption(name: string, expected: string, value: unknown): never {
  throw invalid(`Option ${name}: expected ${expected}, got ${describeValue(value)}.`);
}

/** Returns the value if it is a whole number in the range, else throws `ERR_SECURITY_INVALID_OPTION`. */
export function checkInteger(name: string, value: unknown, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    rejectOption(name, `a whole number from ${min} to ${max}`, value);
  }
  return value;
}

/** Rejects the value of an option that is not an array. */
export function checkList(name: string, expected: string, value: readonly unknown[]): void {
  if (!Array.isArray(value)) rejectOption(name, expected, value);
}

/** Rejects the value of an option without a method, for example of a key verifier or a store. */
export function checkMethod<T extends object>(
  name: string,
  value: T,
  method: keyof T & string,
): void {
  const given: unknown = value;
  if (typeof given !== 'object' || given === null || typeof value[method] !== 'function') {
    rejectOption(name, `an object with the method ${method}()`, value);
  }
}

function invalid(message: string): SecurityError {
  return new SecurityError('ERR_SECURITY_INVALID_OPTION', message);
}
