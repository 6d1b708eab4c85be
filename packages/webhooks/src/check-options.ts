import { describeValue, optionsProblem, type OptionNames } from './options-problem.ts';
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

/** @throws WebhookError `ERR_WEBHOOKS_INVALID_OPTION` when the option is not a list of texts; the message has none of the texts. */
export function checkTexts(name: string, value: unknown): void {
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return;
  const found = Array.isArray(value) ? 'a list with other values' : typeof value;
  throw new WebhookError(
    'ERR_WEBHOOKS_INVALID_OPTION',
    `${name} must be a list of texts, got ${found}`,
  );
}

/** @throws WebhookError `ERR_WEBHOOKS_INVALID_OPTION` when the option is not a function. */
export function checkFunction(name: string, value: unknown): void {
  if (typeof value === 'function') return;
  throw new WebhookError(
    'ERR_WEBHOOKS_INVALID_OPTION',
    `${name} must be a function, got ${describeValue(value)}`,
  );
}
