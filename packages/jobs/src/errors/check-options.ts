import { describeValue, optionsProblem, type OptionNames } from '../options-problem.ts';
import { JobsError } from './jobs-error.ts';

/**
 * Returns the options of a factory if they are an object, have no unknown name and lack no required one.
 *
 * @throws JobsError `ERR_JOBS_INVALID_OPTION` naming the factory, the option and the name that was probably meant.
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

/**
 * Checks that what is plugged in has the methods that are called later.
 *
 * @throws JobsError `ERR_JOBS_INVALID_OPTION` naming the option and the method that it lacks.
 */
export function checkMethods(option: string, value: unknown, methods: readonly string[]): void {
  const found = value as Readonly<Record<string, unknown>> | null | undefined;
  const missing = methods.find((method) => typeof found?.[method] !== 'function');
  if (missing === undefined) return;
  const isObject = typeof value === 'object' && value !== null;
  const got = isObject ? 'an object without it' : describeValue(value);
  throw invalid(`${option} must be an object with the method ${missing}, got ${got}`);
}

/** @throws JobsError `ERR_JOBS_INVALID_OPTION` when the option is not a function. */
export function checkFunction(option: string, value: unknown): void {
  if (typeof value === 'function') return;
  throw invalid(`${option} is ${describeValue(value)}; it must be a function`);
}

function invalid(message: string): JobsError {
  return new JobsError('ERR_JOBS_INVALID_OPTION', message);
}
