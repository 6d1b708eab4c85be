/**
 * Every code that a {@link CaptureError} can carry; each has a paragraph in `docs/errors/capture.md`.
 *
 * @example
 * ```ts
 * import { captureErrorCodes } from '@fairlead/capture';
 *
 * console.log(captureErrorCodes.includes('ERR_CAPTURE_INVALID_OPTION')); // true
 * ```
 */
export const captureErrorCodes = [
  'ERR_CAPTURE_FILE_INVALID',
  'ERR_CAPTURE_INVALID_OPTION',
  'ERR_CAPTURE_LABEL_INVALID',
  'ERR_CAPTURE_SPOOL_INVALID',
  'ERR_CAPTURE_STORE_FAILED',
] as const;

/** Stable code of a {@link CaptureError}. */
export type CaptureErrorCode = (typeof captureErrorCodes)[number];

/**
 * A capture that can't be opened, stored, read or deleted; `code` is stable, the message names the value and the fix.
 *
 * @example
 * ```ts
 * import { captureFolder, CaptureError } from '@fairlead/capture';
 *
 * try {
 *   captureFolder('');
 * } catch (error) {
 *   console.log(error instanceof CaptureError && error.code); // ERR_CAPTURE_INVALID_OPTION
 * }
 * ```
 */
export class CaptureError extends Error {
  override readonly name = 'CaptureError';
  readonly code: CaptureErrorCode;

  constructor(code: CaptureErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
