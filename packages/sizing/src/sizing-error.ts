/**
 * Every code that a {@link SizingError} can carry; each has a paragraph in `docs/errors/sizing.md`.
 *
 * @example
 * ```ts
 * import { sizingErrorCodes } from '@fairlead/sizing';
 *
 * console.log(sizingErrorCodes.includes('ERR_SIZING_GOAL_UNREACHABLE')); // true
 * ```
 */
export const sizingErrorCodes = [
  'ERR_SIZING_GOAL_UNREACHABLE',
  'ERR_SIZING_INSTANCES_INVALID',
  'ERR_SIZING_INVALID_OPTION',
  'ERR_SIZING_MEASUREMENT_FAILED',
  'ERR_SIZING_MEASUREMENT_INVALID',
  'ERR_SIZING_REFRESH_FAILED',
  'ERR_SIZING_TRAFFIC_INVALID',
] as const;

/** Stable code of a {@link SizingError}. */
export type SizingErrorCode = (typeof sizingErrorCodes)[number];

/**
 * A measurement that failed, a goal that no instance type reaches, or a file or option that can't be used; `code` is stable, the message names the value and the fix.
 *
 * @example
 * ```ts
 * import { readTraffic, SizingError } from '@fairlead/sizing';
 *
 * try {
 *   readTraffic('time,requests_per_second');
 * } catch (error) {
 *   console.log(error instanceof SizingError && error.code); // ERR_SIZING_TRAFFIC_INVALID
 * }
 * ```
 */
export class SizingError extends Error {
  override readonly name = 'SizingError';
  readonly code: SizingErrorCode;

  constructor(code: SizingErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
