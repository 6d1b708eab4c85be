/**
 * Every code that a {@link RolloutError} can carry; each has a paragraph in `docs/errors/rollout.md`.
 *
 * @example
 * ```ts
 * import { rolloutErrorCodes } from '@fairlead/rollout';
 *
 * console.log(rolloutErrorCodes.includes('ERR_ROLLOUT_INVALID_OPTION')); // true
 * ```
 */
export const rolloutErrorCodes = [
  'ERR_ROLLOUT_CONFLICT',
  'ERR_ROLLOUT_INVALID_OPTION',
  'ERR_ROLLOUT_PLAN_INVALID',
  'ERR_ROLLOUT_STATE_INVALID',
] as const;

/** Stable code of a {@link RolloutError}. */
export type RolloutErrorCode = (typeof rolloutErrorCodes)[number];

/**
 * A plan that can't be followed, a change that the state of a rollout doesn't permit, or an invalid option; `code` is stable, the message names the value and the fix.
 *
 * @example
 * ```ts
 * import { murmurHash3, RolloutError } from '@fairlead/rollout';
 *
 * try {
 *   murmurHash3('user-7', -1);
 * } catch (error) {
 *   console.log(error instanceof RolloutError && error.code); // ERR_ROLLOUT_INVALID_OPTION
 * }
 * ```
 */
export class RolloutError extends Error {
  override readonly name = 'RolloutError';
  readonly code: RolloutErrorCode;

  constructor(code: RolloutErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
