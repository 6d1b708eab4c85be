import { MonitoringError } from './monitoring-error.ts';
import { describeValue, optionsProblem, type OptionNames } from './options-problem.ts';

/**
 * Returns the options of a factory if they are an object, have no unknown name and lack no required one.
 *
 * @throws MonitoringError `ERR_MONITORING_INVALID_OPTION` naming the factory, the option and the name that was probably meant.
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

/** Returns the value if it is a whole number of at least `min`, else throws `ERR_MONITORING_INVALID_OPTION`. */
export function checkInteger(name: string, value: unknown, min = 1): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min) return value;
  return rejectOption(name, `a whole number of at least ${min}`, value);
}

/** Rejects the value of an option without a method, for example of a registry or a logger. */
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

/** Rejects the value of an option that is not a function. */
export function checkFunction(name: string, value: unknown): void {
  if (typeof value !== 'function') rejectOption(name, 'a function', value);
}

/**
 * Rejects the result of a function of the options that isn't of the expected type, such as a promise.
 *
 * @throws MonitoringError `ERR_MONITORING_INVALID_OPTION`.
 */
export function rejectResult(name: string, value: unknown, expected: string): never {
  const isPromise = value instanceof Promise;
  // Otherwise its rejection would end the process.
  if (isPromise) value.catch(() => undefined);
  const got = isPromise ? 'a promise' : describeValue(value);
  throw invalid(`${name}() returned ${got}; it must return ${expected}.`);
}

function invalid(message: string): MonitoringError {
  return new MonitoringError('ERR_MONITORING_INVALID_OPTION', message);
}
