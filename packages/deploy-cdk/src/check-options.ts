import { describeValue, optionsProblem, type OptionNames } from '@fairlead/signature';
import { Token } from 'aws-cdk-lib';

import { DeployCdkError } from './deploy-cdk-error.ts';

/** Rejects options that aren't an object, have an unknown name, or lack a required one. */
export function checkOptions<T extends object>(
  name: string,
  options: T,
  names: OptionNames<T>,
): void {
  const problem = optionsProblem(name, options, names);
  if (problem !== undefined) throw invalidOption(problem);
}

/** Rejects a value that isn't a whole number from `min` to `max`; accepts a token of CDK, whose value CloudFormation knows. */
export function checkWholeNumber(
  name: string,
  value: unknown,
  { min, max }: { readonly min: number; readonly max: number },
): void {
  if (Token.isUnresolved(value)) return;
  if (Number.isInteger(value) && Number(value) >= min && Number(value) <= max) return;
  throw invalidOption(
    `Option ${name} is ${describeValue(value)}: expected a whole number from ${min} to ${max}.`,
  );
}

/** Rejects a value that isn't one of a few texts. */
export function checkOneOf(name: string, value: unknown, allowed: readonly string[]): void {
  if (typeof value === 'string' && allowed.includes(value)) return;
  const listed = allowed.map((text) => JSON.stringify(text)).join(', ');
  throw invalidOption(`Option ${name} is ${describeValue(value)}: expected one of ${listed}.`);
}

/** Creates the error of a wrong option. */
export function invalidOption(message: string, cause?: unknown): DeployCdkError {
  return new DeployCdkError('ERR_DEPLOY_CDK_INVALID_OPTION', message, { cause });
}
