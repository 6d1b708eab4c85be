import { optionsProblem, type OptionNames } from './options-problem.ts';
import { WebhookError } from './webhook-error.ts';

/**
 * Returns the options of a factory if they are an object, have no unknown name and lack no required one.
 *
 * @throws WebhookError `ERR_WEBHOOKS_INVALID_OPTION` naming the factory, the option and the name that was probably meant.
 */
export function checkOptions<T extends object>(
  factory: string,
  options: T,
  names: OptionNames<T>,
): T {
  const problem = optionsProblem(factory, options, names);
  if (problem !== undefined) throw new WebhookError('ERR_WEBHOOKS_INVALID_OPTION', problem);
  return options;
}
