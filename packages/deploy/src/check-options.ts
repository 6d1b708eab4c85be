import { describeValue, optionsProblem, type OptionNames } from '@fairlead/signature';

import { DeployError } from './deploy-error.ts';

/** Rejects options that aren't an object, have an unknown name, or lack a required one. */
export function checkOptions<T extends object>(
  factory: string,
  options: T,
  names: OptionNames<T>,
): void {
  const problem = optionsProblem(factory, options, names);
  if (problem !== undefined) throw invalidOption(problem);
}

/** Rejects a value that isn't a text. */
export function checkText(name: string, expected: string, value: unknown): void {
  if (typeof value === 'string' && value !== '') return;
  throw invalidOption(`Option ${name}: expected ${expected}, got ${describeValue(value)}.`);
}

/** Creates the error of a wrong option. */
export function invalidOption(message: string, cause?: unknown): DeployError {
  return new DeployError('ERR_DEPLOY_INVALID_OPTION', message, { cause });
}
