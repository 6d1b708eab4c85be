import { WebhookError } from './webhook-error.ts';

/** A hundred years. */
const MAX_TIME_MS = 100 * 366 * 24 * 3_600_000;

/**
 * Checks that options are integers from 1; those whose names end in `Ms` to a hundred years, or to `maxMs`.
 *
 * @throws WebhookError `ERR_WEBHOOKS_INVALID_OPTION` naming the option and its value.
 */
export function checkIntegers(
  options: Readonly<Record<string, number>>,
  maxMs: number = MAX_TIME_MS,
): void {
  for (const [name, value] of Object.entries(options)) {
    const max = name.endsWith('Ms') ? maxMs : Number.MAX_SAFE_INTEGER;
    if (Number.isSafeInteger(value) && value >= 1 && value <= max) continue;
    const message = `${name} is ${value}; it must be an integer from 1 to ${max}`;
    throw new WebhookError('ERR_WEBHOOKS_INVALID_OPTION', message);
  }
}
