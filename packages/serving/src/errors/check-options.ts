import { optionsProblem, type OptionNames } from '@fairlead/signature';
import { ServingError } from './serving-error.ts';

/**
 * Returns the options of a factory if they are an object, have no unknown name and lack no required one.
 *
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the factory, the option and the name that was probably meant.
 */
export function checkOptions<T extends object>(
  factory: string,
  options: T,
  names: OptionNames<T>,
): T {
  const problem = optionsProblem(factory, options, names);
  if (problem !== undefined) throw new ServingError('ERR_SERVING_INVALID_OPTION', problem);
  return options;
}
