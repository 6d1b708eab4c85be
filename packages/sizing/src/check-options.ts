import { describeValue, optionsProblem, type OptionNames } from '@fairlead/signature';
import { SizingError } from './sizing-error.ts';

/**
 * Returns the options of a function if they are an object, have no unknown name and lack no required one.
 *
 * @throws SizingError `ERR_SIZING_INVALID_OPTION` naming the function, the option and the name that was probably meant
 */
export function checkOptions<T extends object>(name: string, options: T, names: OptionNames<T>): T {
  const problem = optionsProblem(name, options, names);
  if (problem !== undefined) throw invalidOption(problem);
  return options;
}

/** @throws SizingError `ERR_SIZING_INVALID_OPTION` naming the option that is not a number within the limits */
export function checkNumber(name: string, value: number, min: number, max: number): number {
  if (typeof value === 'number' && value >= min && value <= max) return value;
  throw invalidOption(
    `${name} must be a number from ${min} to ${max}, got ${describeValue(value)}.`,
  );
}

/** @throws SizingError `ERR_SIZING_INVALID_OPTION` naming the option that is not an integer within the limits */
export function checkInteger(name: string, value: number, min: number, max: number): number {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw invalidOption(
    `${name} must be an integer from ${min} to ${max}, got ${describeValue(value)}.`,
  );
}

export function invalidOption(message: string): SizingError {
  return new SizingError('ERR_SIZING_INVALID_OPTION', message);
}
