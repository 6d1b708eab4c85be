import { didYouMean } from './did-you-mean.ts';
import { SecurityError } from './security-error.ts';

/** Names of the options of a factory, each once: the compiler rejects a missing or an extra name. */
export type OptionNames<T> = {
  readonly [K in keyof T]-?: Partial<Pick<T, K>> extends Pick<T, K> ? 'optional' : 'required';
};

/**
 * Returns the options of a factory if they are an object, have no unknown name and lack no required one.
 *
 * TypeScript checks this at compile time; JavaScript, a cast or a spread object does not.
 *
 * @throws SecurityError `ERR_SECURITY_INVALID_OPTION` naming the factory, the option and the name that was probably meant.
 */
export function checkOptions<T extends object>(
  factory: string,
  options: T,
  names: OptionNames<T>,
): T {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw invalid(`${factory}: expected an object of options, got ${describe(given)}.`);
  }
  const known = Object.keys(names);
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(names, name)) continue;
    throw invalid(
      `${factory}: unknown option ${JSON.stringify(name.slice(0, 80))}.${didYouMean(name, known)} Known are ${known.join(', ')}.`,
    );
  }
  for (const [name, need] of Object.entries(names)) {
    if (need === 'required' && options[name as keyof T] === undefined) {
      throw invalid(`${factory}: option ${name} is missing.`);
    }
  }
  return options;
}

/** Rejects the value of an option with a message that names the expected and the given value. */
export function rejectOption(name: string, expected: string, value: unknown): never {
  throw invalid(`Option ${name}: expected ${expected}, got ${describe(value)}.`);
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

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80));
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value === null || value === undefined) return String(value);
  return Array.isArray(value) ? 'an array' : typeof value;
}
