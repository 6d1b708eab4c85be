import { ServingError } from '../errors/serving-error.ts';

/**
 * Refuses limits that aren't whole numbers from 1, or that no timer could wait for.
 *
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the option and its value.
 */
export function checkLimits(limits: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(limits)) {
    const most = name.endsWith('Ms') ? MAX_TIME_MS : Number.MAX_SAFE_INTEGER;
    if (Number.isSafeInteger(value) && value >= 1 && value <= most) continue;
    throw new ServingError(
      'ERR_SERVING_INVALID_OPTION',
      `${name} is ${value}; it must be a whole number from 1 to ${most}`,
    );
  }
}

/** A hundred years; what a timer waits for is shorter, and checked where there is one. */
const MAX_TIME_MS = 100 * 366 * 24 * 3_600_000;
