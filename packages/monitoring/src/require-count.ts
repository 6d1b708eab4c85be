import { MonitoringError } from './monitoring-error.ts';

/** Returns `value` if it is a whole number from `least` up; throws with the name of the option else. */
export function requireCount(name: string, value: number, least = 1): number {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new MonitoringError(
      'ERR_MONITORING_OPTION_INVALID',
      `${name} must be a whole number of at least ${least}, not ${value}.`,
    );
  }
  return value;
}
