/** Every code that a {@link DriftError} can carry; each has a paragraph in `docs/errors/drift.md`. */
export const driftErrorCodes = ['ERR_DRIFT_INCOMPATIBLE', 'ERR_DRIFT_INVALID_OPTION'] as const;

/** Stable code of a {@link DriftError}. */
export type DriftErrorCode = (typeof driftErrorCodes)[number];

/** Samples that can't be compared, or an invalid option; `code` is stable, the message names the value and the fix. */
export class DriftError extends Error {
  override readonly name = 'DriftError';
  readonly code: DriftErrorCode;

  constructor(code: DriftErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
