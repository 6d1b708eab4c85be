import { describeValue } from '@fairlead/signature';
import { ServingError } from './serving-error.ts';

/**
 * Rejects options that are given and aren't functions.
 *
 * @param options - the values by the names of their options
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the option and its value.
 */
export function checkFunctions(options: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || typeof value === 'function') continue;
    throw invalid(`${name} is ${describeValue(value)}; it must be a function`);
  }
}

/**
 * Rejects an option that is given and lacks one of the methods of what it has to be.
 *
 * @param name - the option, such as `router`
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the option and the methods.
 */
export function checkMethods(name: string, value: unknown, methods: readonly string[]): void {
  if (value === undefined) return;
  const list = methods.map((method) => `${method}()`).join(', ');
  if (typeof value !== 'object' || value === null) {
    throw invalid(`${name} is ${describeValue(value)}; it must be an object with ${list}`);
  }
  const missing = methods.filter((method) => typeof Reflect.get(value, method) !== 'function');
  if (missing.length === 0) return;
  throw invalid(
    `${name} lacks ${missing.map((method) => `${method}()`).join(', ')}; it must be an object with ${list}`,
  );
}

/**
 * Returns a function that checks what a function of the options returns for each request: a string or undefined.
 *
 * The function that is returned throws a ServingError `ERR_SERVING_INVALID_OPTION` for any other value: a promise as the
 * name of a client, for example, would be another client in each request.
 */
export function returnsText<T>(
  name: string,
  call: (input: T) => string | undefined,
): (input: T) => string | undefined {
  return function text(input) {
    const value: unknown = call(input);
    if (value === undefined || typeof value === 'string') return value;
    throw wrongResult(name, value, 'a string or undefined');
  };
}

/**
 * Rejects a promise that a function of the options returned where it has to decide at once: what it rejects with would
 * come too late.
 *
 * @throws ServingError `ERR_SERVING_INVALID_OPTION`.
 */
export function rejectPromise(name: string, value: unknown): void {
  if (isThenable(value)) throw wrongResult(name, value, 'nothing, or throw');
}

/** The error of a function of the options that returned something else than it has to. */
export function wrongResult(name: string, value: unknown, expected: string): ServingError {
  const got = isThenable(value) ? 'a promise' : describeValue(value);
  // Otherwise its rejection would end the process.
  if (isThenable(value)) Promise.resolve(value).catch(() => undefined);
  return invalid(`${name}() returned ${got}; it must return ${expected}`);
}

/** Returns whether a value has a method `then`. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    'then' in value &&
    typeof value.then === 'function'
  );
}

function invalid(message: string): ServingError {
  return new ServingError('ERR_SERVING_INVALID_OPTION', message);
}
