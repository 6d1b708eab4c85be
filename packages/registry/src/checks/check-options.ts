import { type OptionNames, optionsProblem } from '@fairlead/signature';
import { invalidOption } from './invalid-option.ts';

/**
 * Returns the options of a factory if they are an object, have no unknown name and lack no required one.
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_OPTION` naming the factory, the option and the name that was probably meant.
 */
export function checkOptions<T extends object>(
  factory: string,
  options: T,
  names: OptionNames<T>,
): T {
  const problem = optionsProblem(factory, options, names);
  if (problem !== undefined) throw invalidOption(problem);
  return options;
}
