/**
 * Every code that a {@link DriftError} can carry; each has a paragraph in `docs/errors/drift.md`.
 *
 * @example
 * ```ts
 * import { driftErrorCodes } from '@fairlead/drift';
 *
 * console.log(driftErrorCodes.includes('ERR_DRIFT_INVALID_OPTION')); // true
 * ```
 */
export const driftErrorCodes = [
  'ERR_DRIFT_INCOMPATIBLE',
  'ERR_DRIFT_INVALID_OPTION',
  'ERR_DRIFT_VERDICT_INVALID',
] as const;

/** Stable code of a {@link DriftError}. */
export type DriftErrorCode = (typeof driftErrorCodes)[number];

/**
 * Samples that can't be compared, or an invalid option; `code` is stable, the message names the value and the fix.
 *
 * @example
 * ```ts
 * import { DriftError, judgeDrift } from '@fairlead/drift';
 *
 * try {
 *   judgeDrift({ features: [], outputs: [] }, [], { windowMs: -1 });
 * } catch (error) {
 *   console.log(error instanceof DriftError && error.code); // ERR_DRIFT_INVALID_OPTION
 * }
 * ```
 */
export class DriftError extends Error {
  override readonly name = 'DriftError';
  readonly code: DriftErrorCode;

  constructor(code: DriftErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
