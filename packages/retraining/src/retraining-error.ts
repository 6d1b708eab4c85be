/**
 * Every code that a {@link RetrainingError} can carry; each has a paragraph in `docs/errors/retraining.md`.
 *
 * @example
 * ```ts
 * import { retrainingErrorCodes } from '@fairlead/retraining';
 *
 * console.log(retrainingErrorCodes.includes('ERR_RETRAINING_CONFLICT')); // true
 * ```
 */
export const retrainingErrorCodes = [
  'ERR_RETRAINING_CONFLICT',
  'ERR_RETRAINING_INVALID_OPTION',
  'ERR_RETRAINING_POLICY_INVALID',
  'ERR_RETRAINING_RUNNER_FAILED',
  'ERR_RETRAINING_STATE_INVALID',
  'ERR_RETRAINING_TRAINING_FAILED',
] as const;

/** Stable code of a {@link RetrainingError}. */
export type RetrainingErrorCode = (typeof retrainingErrorCodes)[number];

/**
 * An invalid policy, a change that the state of an attempt doesn't permit, or a training that failed; `code` is stable, the message names the value and the fix.
 *
 * @example
 * ```ts
 * import { readPolicy, RetrainingError } from '@fairlead/retraining';
 *
 * try {
 *   readPolicy({ training: { command: [] } });
 * } catch (error) {
 *   console.log(error instanceof RetrainingError && error.code); // ERR_RETRAINING_POLICY_INVALID
 * }
 * ```
 */
export class RetrainingError extends Error {
  override readonly name = 'RetrainingError';
  readonly code: RetrainingErrorCode;

  constructor(code: RetrainingErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
