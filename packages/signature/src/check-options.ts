import { type OptionNames, optionsProblem } from './options-problem.ts';
import { SignatureError } from './signature-error.ts';

/**
 * Returns the options of a function if they are an object, have no unknown name and lack no required one.
 *
 * @throws SignatureError `ERR_SIGNATURE_INVALID_OPTION` naming the function, the option and the name that was probably meant
 */
export function checkOptions<T extends object>(name: string, options: T, names: OptionNames<T>): T {
  const problem = optionsProblem(name, options, names);
  if (problem === undefined) return options;
  throw new SignatureError('ERR_SIGNATURE_INVALID_OPTION', problem);
}
