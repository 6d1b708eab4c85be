import { describeValue, optionsProblem, type OptionNames } from '@fairlead/signature';
import { ParityError } from './parity-error.ts';

/**
 * Returns the options of a function if they are an object, have no unknown name and lack no required one.
 *
 * @throws ParityError `ERR_PARITY_INVALID_OPTION` naming the function, the option and the name that was probably meant
 */
export function checkOptions<T extends object>(name: string, options: T, names: OptionNames<T>): T {
  const problem = optionsProblem(name, options, names);
  if (problem !== undefined) throw invalid(problem);
  return options;
}

/**
 * Returns a list.
 *
 * @throws ParityError `ERR_PARITY_INVALID_OPTION` when the argument `name` is another value
 */
export function checkList<T>(name: string, value: readonly T[] | undefined): readonly T[] {
  const given: unknown = value;
  if (value !== undefined && Array.isArray(given)) return value;
  throw invalid(`${name} must be a list, got ${describeValue(value)}.`);
}

/** @throws ParityError `ERR_PARITY_INVALID_OPTION` when the argument `name` is not a function */
export function checkFunction(name: string, value: unknown): void {
  if (typeof value !== 'function') {
    throw invalid(`${name} must be a function, got ${describeValue(value)}.`);
  }
}

/** @throws ParityError `ERR_PARITY_INVALID_OPTION` naming the option that is not an integer from 1 */
export function checkIntegers(options: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(options)) {
    if (Number.isSafeInteger(value) && value >= 1) continue;
    throw invalid(`${name} must be an integer from 1, got ${describeValue(value)}.`);
  }
}

function invalid(message: string): ParityError {
  return new ParityError('ERR_PARITY_INVALID_OPTION', message);
}
