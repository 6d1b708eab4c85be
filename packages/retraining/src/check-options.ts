import { describeValue, optionsProblem, type OptionNames } from '@fairlead/signature';
import { RetrainingError } from './retraining-error.ts';

/**
 * Returns the options of a function if they are an object, have no unknown name and lack no required one.
 *
 * @throws RetrainingError `ERR_RETRAINING_INVALID_OPTION` naming the function, the option and the name that was probably meant
 */
export function checkOptions<T extends object>(name: string, options: T, names: OptionNames<T>): T {
  const problem = optionsProblem(name, options, names);
  if (problem !== undefined) throw invalidOption(problem);
  return options;
}

const MODEL = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,254}$/;

/** @throws RetrainingError `ERR_RETRAINING_INVALID_OPTION` for a name that can't be part of a key */
export function checkModel(name: string, model: string): string {
  if (typeof model === 'string' && MODEL.test(model)) return model;
  throw invalidOption(
    `${name}: the model ${describeValue(model)} can't be part of a key; it may have letters, digits, ".", "_" and "-".`,
  );
}

export function invalidOption(message: string): RetrainingError {
  return new RetrainingError('ERR_RETRAINING_INVALID_OPTION', message);
}
