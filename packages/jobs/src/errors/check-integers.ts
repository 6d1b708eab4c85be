import { JobsError } from './jobs-error.ts';

/** A hundred years. */
const MAX_TIME_MS = 100 * 366 * 24 * 3_600_000;

/**
 * Checks that options are integers from 1, times in milliseconds at most a hundred years.
 *
 * @throws JobsError `ERR_JOBS_INVALID_OPTION` naming the option and its value.
 */
export function checkIntegers(options: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(options)) {
    const max = name.endsWith('Ms') ? MAX_TIME_MS : Number.MAX_SAFE_INTEGER;
    if (Number.isSafeInteger(value) && value >= 1 && value <= max) continue;
    const message = `${name} is ${value}; it must be an integer from 1 to ${max}`;
    throw new JobsError('ERR_JOBS_INVALID_OPTION', message);
  }
}
